//! The whole API, request by request, over the real adapter and a real store.
mod calling;
mod every_route;
mod hooks;
mod signing_in;
mod store;
