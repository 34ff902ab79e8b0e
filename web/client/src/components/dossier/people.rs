//! Who signs, whom to turn to, and who has the numbers now.

use super::fields::{CountryField, Sheet, Typed, use_sheet};
use lucide_yew::{Plus, X};
use patternfly_yew::prelude::{Button, ButtonVariant};
use serde_json::json;
use yew::prelude::*;

const LIST: &str = "/contacts";

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// Whether numbers are brought along from another provider.
    pub(crate) ports: bool,
}

#[component]
pub(crate) fn People(props: &Props) -> Html {
    let sheet = use_sheet();
    let count = sheet.work.draft.len(LIST);
    let fresh = json!({ "name": "", "email": "" });
    let ports = props.ports || !sheet.text("/previousService/provider").is_empty();
    html! {
        <div class="part-body" data-testid="part-people">
            { contact(&sheet, "/authorisedPerson", "Who may sign", None) }
            { for (0..count).map(|at| contact(&sheet, &format!("{LIST}/{at}"), "Contact", Some(at))) }
            <Button variant={ButtonVariant::Link} icon={html!(<Plus size={16} />)} label="Add a contact" onclick={sheet.add(LIST, fresh)} />
            if ports {
                <fieldset class="fields is-card">
                    <legend>{ "Who has the numbers now" }</legend>
                    <Typed field="/previousService/provider" label="Provider" />
                    <Typed field="/previousService/accountNumber" label="Account number" most=40 />
                    <Typed field="/previousService/accountName" label="Name on the account" hint="Exactly as printed on the invoice" />
                    <Typed field="/previousService/billingNumber" label="Number it is billed under" kind="tel" placeholder="+41 44 555 01 00" />
                </fieldset>
            }
        </div>
    }
}

fn contact(sheet: &Sheet, pointer: &str, legend: &'static str, at: Option<usize>) -> Html {
    let field = |name: &str| format!("{pointer}/{name}");
    html! {
        <fieldset class="fields is-card" key={pointer.to_owned()}>
            <legend>{ legend }</legend>
            <Typed field={field("name")} label="Name" />
            <Typed field={field("role")} label="Position" most=100 placeholder="Director" />
            <Typed field={field("email")} label="E-mail" kind="email" most=254 />
            <Typed field={field("phone")} label="Phone" kind="tel" most=30 placeholder="+41 44 555 01 00" />
            <CountryField field={field("nationality")} label="Nationality" />
            { sheet.waits(pointer, "Saved once a name and an e-mail address are there.") }
            if let Some(at) = at {
                <button type="button" class="icon-button" aria-label="Remove this contact" onclick={sheet.remove(LIST, at)}><X size={18} /></button>
            }
        </fieldset>
    }
}
