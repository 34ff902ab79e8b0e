//! Making what has a secret: a form that is sent under a key that is kept, and what was made until somebody leaves it.

use super::Desk;
use crate::api::{Api, Failure};
use crate::components::field::Said;
use crate::state::sent::Sent;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// A form `D` by which an `M` is made.
pub(crate) struct Making<D, M> {
    /// What is filled in.
    pub(crate) draft: UseStateHandle<D>,
    /// What is wrong with it.
    pub(crate) said: Said,
    /// Whether it is being made.
    pub(crate) busy: bool,
    /// What was made, with its secret: shown in place of the form.
    pub(crate) made: Option<Rc<M>>,
    /// Somebody leaves what was made, for good.
    pub(crate) ondone: Callback<()>,
    /// Sends the form.
    pub(crate) onsubmit: Callback<SubmitEvent>,
}

/// A form that is `empty` at first, and again once something is made by it. `wish` has what is sent, or what is wrong with the form;
/// `make` sends that under an idempotency key; `onmade` hears that there is one more.
#[hook]
pub(crate) fn use_making<D, W, M, F, R>(
    desk: &Desk,
    empty: D,
    wish: fn(&D) -> Result<W, String>,
    make: F,
    onmade: &Callback<()>,
) -> Making<D, M>
where
    D: Clone + 'static,
    W: Clone + PartialEq + 'static,
    M: 'static,
    F: Fn(Rc<Api>, W, String) -> R + 'static,
    R: Future<Output = Result<M, Failure>> + 'static,
{
    let draft = use_state(|| empty.clone());
    let (busy, said) = (use_state(|| false), use_state(|| Said::Nothing));
    let made = use_state(|| None::<Rc<M>>);
    let sent = use_mut_ref(Sent::<W, String>::new);
    let ondone = {
        let made = made.setter();
        Callback::from(move |()| made.set(None))
    };
    let onsubmit = {
        let (desk, draft, busy) = (desk.clone(), draft.clone(), busy.clone());
        let (said, made, onmade) = (said.clone(), made.setter(), onmade.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if *busy {
                return;
            }
            let wish = match wish(&draft) {
                Ok(wish) => wish,
                Err(words) => return said.set(Said::Wrong(words.into())),
            };
            let key = sent.borrow_mut().key(&wish, Api::key);
            let answer = make(desk.api.clone(), wish, key);
            busy.set(true);
            said.set(Said::Nothing);
            let (desk, draft, busy, said) =
                (desk.clone(), draft.setter(), busy.setter(), said.setter());
            let (sent, made, onmade) = (sent.clone(), made.clone(), onmade.clone());
            let empty = empty.clone();
            spawn_local(async move {
                match answer.await {
                    Ok(told) => {
                        sent.borrow_mut().done();
                        draft.set(empty);
                        made.set(Some(Rc::new(told)));
                        onmade.emit(());
                    }
                    Err(failure) if failure.field().is_some() => {
                        said.set(Said::Wrong(failure.words().into()));
                    }
                    Err(failure) => desk.failed(&failure),
                }
                busy.set(false);
            });
        })
    };
    Making {
        said: (*said).clone(),
        busy: *busy,
        made: (*made).clone(),
        draft,
        ondone,
        onsubmit,
    }
}
