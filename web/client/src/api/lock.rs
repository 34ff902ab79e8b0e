//! One at a time, across all tabs of this browser (Web Locks API).

use js_sys::{Function, Promise, Reflect};
use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Runs `work` while no other tab runs work of the same name. A browser without locks runs it at once.
pub(crate) async fn alone<T>(name: &str, work: impl Future<Output = T>) -> T {
    let held = hold(name).await;
    let result = work.await;
    if let Some(release) = held {
        let _ = release.call0(&JsValue::NULL);
    }
    result
}

/// Waits for the lock; gives the function that lets go of it.
async fn hold(name: &str) -> Option<Function> {
    let navigator = web_sys::window()?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into())
        .ok()
        .filter(|locks| locks.is_object())?;
    let request: Function = Reflect::get(&locks, &"request".into())
        .ok()?
        .dyn_into()
        .ok()?;
    let release: Rc<RefCell<Option<Function>>> = Rc::default();
    let granted = {
        let release = release.clone();
        Promise::new(&mut |resolve, _| {
            let release = release.clone();
            // The lock is held until the promise that the callback gives is resolved.
            let callback = Closure::once_into_js(move |_lock: JsValue| -> JsValue {
                let until = Promise::new(&mut |done, _| *release.borrow_mut() = Some(done));
                let _ = resolve.call0(&JsValue::NULL);
                until.into()
            });
            let _ = request.call2(&locks, &name.into(), &callback);
        })
    };
    JsFuture::from(granted).await.ok()?;
    release.take()
}
