//! Where files are dropped or chosen, and those on their way.

use crate::state::dossier::files::{ACCEPT, Progress, Stage, Upload, Uploads, size};
use lucide_yew::{FileUp, X};
use web_sys::{DragEvent, File, FileList, HtmlInputElement};
use yew::prelude::*;

/// Most files that are taken at once.
const AT_ONCE: u32 = 10;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) uploads: Uploads,
    /// Media types that can be chosen.
    #[prop_or(AttrValue::Static(ACCEPT))]
    pub(crate) accept: AttrValue,
    /// What is taken, in words.
    #[prop_or(AttrValue::Static("PDF, JPEG or PNG, at most 20 MB"))]
    pub(crate) hint: AttrValue,
    /// Whether several can be chosen at once.
    #[prop_or(true)]
    pub(crate) several: bool,
    pub(crate) onfile: Callback<File>,
    pub(crate) onprogress: Callback<Progress>,
}

fn each(files: Option<FileList>, most: u32, told: &Callback<File>) {
    let Some(files) = files else { return };
    for at in 0..files.length().min(most) {
        if let Some(file) = files.get(at) {
            told.emit(file);
        }
    }
}

#[component]
pub(crate) fn Dropping(props: &Props) -> Html {
    let over = use_state(|| false);
    let most = if props.several { AT_ONCE } else { 1 };
    let ondragover = {
        let over = over.setter();
        move |event: DragEvent| {
            event.prevent_default();
            over.set(true);
        }
    };
    let ondragleave = {
        let over = over.setter();
        move |_: DragEvent| over.set(false)
    };
    let ondrop = {
        let (over, told) = (over.setter(), props.onfile.clone());
        move |event: DragEvent| {
            event.prevent_default();
            over.set(false);
            let files = event.data_transfer().and_then(|data| data.files());
            each(files, most, &told);
        }
    };
    let onchange = {
        let told = props.onfile.clone();
        move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            each(input.files(), most, &told);
            // The same file can be chosen again.
            input.set_value("");
        }
    };
    html! {
        <>
            <label class={classes!("drop", (*over).then_some("is-over"))} {ondragover} {ondragleave} {ondrop} data-testid="drop">
                <FileUp size={22} />
                <span><strong>{ "Drop a file here, or choose one" }</strong><small class="quiet">{ &props.hint }</small></span>
                <input type="file" class="visually-hidden" accept={props.accept.clone()} multiple={props.several} data-testid="file" aria-label="Choose a file" {onchange} />
            </label>
            <ul class="uploads" aria-live="polite">{ for props.uploads.0.iter().map(|upload| row(upload, &props.onprogress)) }</ul>
        </>
    }
}

fn row(upload: &Upload, told: &Callback<Progress>) -> Html {
    let close = {
        let (told, id) = (told.clone(), upload.id);
        move |_| told.emit(Progress::Over(id))
    };
    let (state, body) = match &upload.stage {
        Stage::Reading => ("reading", bar(upload, None, "Being read")),
        Stage::Sending(percent) => ("sending", bar(upload, Some(*percent), "On its way")),
        Stage::Checking => ("checking", bar(upload, None, "Being checked")),
        Stage::Refused(words) => (
            "refused",
            html! {
                <>
                    <p role="alert">{ words }</p>
                    <button type="button" class="icon-button" aria-label="Close" onclick={close}><X size={16} /></button>
                </>
            },
        ),
    };
    html! { <li key={upload.id} class={classes!("upload", format!("is-{state}"))} data-testid="upload" data-state={state}>{ body }</li> }
}

fn bar(upload: &Upload, percent: Option<u8>, words: &'static str) -> Html {
    html! {
        <>
            <span class="row-text"><strong>{ &upload.chosen.name }</strong><span class="quiet">{ words }{ ", " }{ size(upload.chosen.bytes) }</span></span>
            if let Some(percent) = percent {
                <progress max="100" value={percent.to_string()} aria-label={format!("{} uploaded", upload.chosen.name)} />
                <span class="figures">{ format!("{percent} %") }</span>
            } else { <progress aria-label={words} /> }
        </>
    }
}
