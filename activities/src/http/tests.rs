//! The whole API, request by request, over the real adapter and a real store.
mod by_case;
mod calling;
mod dossiers;
mod every_route;
mod filling_in;
mod hooks;
mod leaving;
mod letters;
mod notices;
mod onboarding;
mod onboarding_ports;
mod porting;
mod requesting;
mod routing;
mod shown;
mod signing_in;
mod store;
