//! The softphone and the operator's view, in the browser.

mod api;
mod app;
mod components;
mod hooks;
#[cfg(test)]
mod look;
mod pages;
mod route;
mod rtc;
mod state;

fn main() {
    yew::Renderer::<app::App>::new().render();
}
