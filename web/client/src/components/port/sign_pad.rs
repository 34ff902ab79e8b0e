//! A sheet to sign on, with a finger, a pen or the mouse.

use crate::state::signature::{HEIGHT, Pen, Signature, WIDTH};
use patternfly_yew::prelude::{Button, ButtonVariant};
use web_sys::Element;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) sheet: Signature,
    pub(crate) onpen: Callback<Pen>,
}

/// Where on the sheet, in parts of its width and height. Events reach their listeners through the page's root, so that the
/// sheet has to be told.
fn place(sheet: &NodeRef, event: &PointerEvent) -> Option<(f64, f64)> {
    let area = sheet.cast::<Element>()?.get_bounding_client_rect();
    let x = (f64::from(event.client_x()) - area.left()) / area.width();
    let y = (f64::from(event.client_y()) - area.top()) / area.height();
    Some((x, y))
}

#[component]
pub(crate) fn SignPad(props: &Props) -> Html {
    let node = use_node_ref();
    let down = {
        let (onpen, node) = (props.onpen.clone(), node.clone());
        move |event: PointerEvent| {
            event.prevent_default();
            if let Some(sheet) = node.cast::<Element>() {
                // The line goes on when the pen leaves the sheet for a moment.
                let _ = sheet.set_pointer_capture(event.pointer_id());
            }
            if let Some((x, y)) = place(&node, &event) {
                onpen.emit(Pen::Down(x, y));
            }
        }
    };
    let moved = {
        let (onpen, node) = (props.onpen.clone(), node.clone());
        move |event: PointerEvent| {
            if let Some((x, y)) = place(&node, &event) {
                onpen.emit(Pen::Move(x, y));
            }
        }
    };
    let up = props.onpen.reform(|_: PointerEvent| Pen::Up);
    let clear = props.onpen.reform(|_: MouseEvent| Pen::Clear);
    let line = |stroke: &Vec<(u16, u16)>| {
        let points: Vec<String> = stroke.iter().map(|(x, y)| format!("{x},{y}")).collect();
        html! { <polyline points={points.join(" ")} /> }
    };
    html! {
        <div class="sign-pad">
            <svg class="sheet" ref={node} viewBox={format!("0 0 {WIDTH} {HEIGHT}")} role="img" aria-label="Sheet to sign on" data-testid="sign-pad"
                onpointerdown={down} onpointermove={moved} onpointerup={up.clone()} onpointercancel={up}>
                <line class="sheet-line" x1="60" y1="235" x2="940" y2="235" />
                { for props.sheet.strokes().iter().map(line) }
            </svg>
            <Button variant={ButtonVariant::Link} label="Clear" disabled={props.sheet.is_empty()} onclick={clear} />
        </div>
    }
}
