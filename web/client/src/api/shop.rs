//! Numbers, orders and dossiers over HTTP.

use super::{Api, Failure, Request, new_key, read};
use contract::api::dossiers::{
    AnnounceDocument, DocumentViews, DossierForm, Dossiers, ForPurposes, ReadFrom, ReplaceDossier,
    Requirements, UploadTo,
};
use contract::dossier::review::{DossierView, Purpose};
use contract::dossier::{EndUserKind, Evaluation, NumberType, RequirementView};
use contract::number::api::{
    AssignNumber, AvailableNumbers, OfferedCountries, OrderNumbers, OwnedNumber, OwnedNumbers,
};
use contract::request::RequestView;
use contract::routing::{Target, Targets};
use contract::{CarrierId, DocumentId, DossierId, E164, RequestId, TenantId};
use serde_json::{Value, json};

/// The longest page of numbers.
const PAGE: u32 = 100;
/// How many pages of numbers are read at most: a tenant with more looks for one by the API.
const PAGES_MAX: usize = 20;

/// What is looked for among the numbers that can be ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    /// ISO 3166-1 alpha-2.
    pub(crate) country: String,
    /// The type.
    pub(crate) number_type: NumberType,
    /// An area, if any.
    pub(crate) area: String,
    /// Digits, if any.
    pub(crate) pattern: String,
}

fn encoded(text: &str) -> String {
    String::from(js_sys::encode_uri_component(text))
}

/// The query that names a tenant.
fn whose(of: Option<&TenantId>) -> String {
    of.map_or_else(String::new, |tenant| {
        format!("?tenant={}", encoded(tenant.as_str()))
    })
}

/// A word of the contract as the wire has it.
pub(crate) fn wire<T: serde::Serialize>(word: T) -> String {
    let word = serde_json::to_value(word).ok();
    let text = word.as_ref().and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

impl Api {
    /// All numbers of the tenant.
    pub(crate) async fn numbers(&self) -> Result<Vec<OwnedNumber>, Failure> {
        let (mut numbers, mut next) = (Vec::new(), None::<String>);
        for _ in 0..PAGES_MAX {
            let more = next.map_or_else(String::new, |next| format!("&next={}", encoded(&next)));
            let path = format!("/v1/numbers?limit={PAGE}{more}");
            let page: OwnedNumbers = read(self.authorised(Request::get(&path)).await?)?;
            numbers.extend(page.numbers);
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        Ok(numbers)
    }

    /// Where numbers are sold.
    pub(crate) async fn countries(&self) -> Result<OfferedCountries, Failure> {
        let request = Request::get("/v1/numbers/countries");
        read(self.authorised(request).await?)
    }

    /// Numbers that can be ordered.
    pub(crate) async fn offers(&self, wish: &Wish) -> Result<AvailableNumbers, Failure> {
        let mut path = format!(
            "/v1/numbers/available?limit=20&country={}&type={}",
            encoded(&wish.country),
            wire(wish.number_type)
        );
        for (name, value) in [("area", &wish.area), ("pattern", &wish.pattern)] {
            if !value.trim().is_empty() {
                path.push_str(&format!("&{name}={}", encoded(value.trim())));
            }
        }
        read(self.authorised(Request::get(&path)).await?)
    }

    /// Lets a number ring somebody, a group or a flow, or nobody.
    pub(crate) async fn assign(
        &self,
        number: &E164,
        target: Option<Target>,
    ) -> Result<OwnedNumber, Failure> {
        let path = format!("/v1/numbers/{}", encoded(number.as_str()));
        let request = Request::patch(&path).json(&AssignNumber::to(target))?;
        read(self.authorised(request).await?)
    }

    /// Says where help is sent for a number.
    pub(crate) async fn set_emergency_address(
        &self,
        number: &E164,
        address: &Value,
    ) -> Result<OwnedNumber, Failure> {
        let number = encoded(number.as_str());
        let path = format!("/v1/numbers/{number}/emergency-address");
        let request = Request::put(&path).json(address)?;
        read(self.authorised(request).await?)
    }

    /// Gives a number back.
    pub(crate) async fn release(&self, number: &E164, key: &str) -> Result<RequestView, Failure> {
        let path = format!("/v1/numbers/{}/release", encoded(number.as_str()));
        read(self.once(Request::post(&path), key).await?)
    }

    /// Orders so many numbers of a carrier that lists none.
    pub(crate) async fn order_by_case(
        &self,
        order: &OrderNumbers,
        key: &str,
    ) -> Result<RequestView, Failure> {
        let request = Request::post("/v1/number-orders").json(order)?;
        read(self.once(request, key).await?)
    }

    /// Orders numbers.
    pub(crate) async fn order_numbers(
        &self,
        carrier: &CarrierId,
        wish: &Wish,
        numbers: Vec<String>,
        (dossier, target): (Option<DossierId>, Option<Target>),
        key: &str,
    ) -> Result<RequestView, Failure> {
        let body = OrderNumbers {
            carrier: carrier.clone(),
            country: wish.country.clone(),
            number_type: wish.number_type,
            numbers,
            count: None,
            area: None,
            purpose: None,
            dossier: dossier.map(|dossier| dossier.0),
            person: target.as_ref().and_then(Target::person).cloned(),
            group: target.as_ref().and_then(Target::group).cloned(),
            flow: target.as_ref().and_then(Target::flow).cloned(),
        };
        let request = Request::post("/v1/number-orders").json(&body)?;
        read(self.once(request, key).await?)
    }

    /// Names the dossier of an order that waits for one.
    pub(crate) async fn order_dossier(
        &self,
        order: &RequestId,
        dossier: &DossierId,
    ) -> Result<RequestView, Failure> {
        let path = format!("/v1/number-orders/{order}");
        let request = Request::patch(&path).json(&json!({ "dossier": dossier }))?;
        read(self.authorised(request).await?)
    }

    /// Takes an order back.
    pub(crate) async fn cancel_order(&self, order: &RequestId, key: &str) -> Result<(), Failure> {
        let path = format!("/v1/number-orders/{order}/cancel");
        self.once(Request::post(&path), key).await.map(drop)
    }

    /// A tenant's dossiers, the newest first; one's own if none is named.
    pub(crate) async fn dossiers(
        &self,
        of: Option<&TenantId>,
    ) -> Result<Vec<DossierView>, Failure> {
        let path = format!("/v1/dossiers{}", whose(of));
        let list: Dossiers = read(self.authorised(Request::get(&path)).await?)?;
        Ok(list.dossiers)
    }

    /// Whom a tenant's numbers can ring; one's own tenant's if none is named.
    pub(crate) async fn targets(&self, of: Option<&TenantId>) -> Result<Targets, Failure> {
        let path = format!("/v1/targets{}", whose(of));
        read(self.authorised(Request::get(&path)).await?)
    }

    /// One dossier.
    pub(crate) async fn dossier(&self, dossier: &DossierId) -> Result<DossierView, Failure> {
        let path = format!("/v1/dossiers/{dossier}");
        read(self.authorised(Request::get(&path)).await?)
    }

    /// Begins a dossier.
    pub(crate) async fn begin_dossier(
        &self,
        kind: EndUserKind,
        key: &str,
    ) -> Result<DossierView, Failure> {
        let form = json!({ "kind": kind, "endUser": {} });
        let request = Request::post("/v1/dossiers").json(&form)?;
        read(self.once(request, key).await?)
    }

    /// Fills a dossier in anew, if it is still of this version.
    pub(crate) async fn save_dossier(
        &self,
        dossier: &DossierId,
        version: u32,
        form: DossierForm,
    ) -> Result<DossierView, Failure> {
        let path = format!("/v1/dossiers/{dossier}");
        let request = Request::put(&path).json(&ReplaceDossier { version, form })?;
        read(self.authorised(request).await?)
    }

    /// Holds a dossier against what is wanted.
    pub(crate) async fn evaluation(
        &self,
        dossier: &DossierId,
        purposes: Vec<Purpose>,
    ) -> Result<Evaluation, Failure> {
        let path = format!("/v1/dossiers/{dossier}/evaluation");
        let request = Request::post(&path).json(&ForPurposes { purposes })?;
        read(self.authorised(request).await?)
    }

    /// Holds a dossier against what is wanted as an order relies on it: what is approved, while its next edition is filled in.
    pub(crate) async fn held_as_approved(
        &self,
        dossier: &DossierId,
        purposes: Vec<Purpose>,
    ) -> Result<Evaluation, Failure> {
        let path = format!("/v1/dossiers/{dossier}/evaluation?as=approved");
        let request = Request::post(&path).json(&ForPurposes { purposes })?;
        read(self.authorised(request).await?)
    }

    /// Hands a dossier in.
    pub(crate) async fn submit_dossier(
        &self,
        dossier: &DossierId,
        purposes: Vec<Purpose>,
        key: &str,
    ) -> Result<RequestView, Failure> {
        let path = format!("/v1/dossiers/{dossier}/submit");
        let request = Request::post(&path).json(&ForPurposes { purposes })?;
        read(self.once(request, key).await?)
    }

    /// Announces a document.
    pub(crate) async fn announce(
        &self,
        dossier: &DossierId,
        document: &AnnounceDocument,
    ) -> Result<UploadTo, Failure> {
        let path = format!("/v1/dossiers/{dossier}/documents");
        let request = Request::post(&path).json(document)?;
        read(self.once(request, &new_key()).await?)
    }

    /// Says that a document was uploaded.
    pub(crate) async fn uploaded(
        &self,
        dossier: &DossierId,
        document: &DocumentId,
    ) -> Result<DossierView, Failure> {
        let path = format!("/v1/dossiers/{dossier}/documents/{document}/uploaded");
        read(self.authorised(Request::post(&path)).await?)
    }

    /// Where a document can be read for a minute; the server notes who asked.
    pub(crate) async fn read_document(
        &self,
        dossier: &DossierId,
        document: &DocumentId,
    ) -> Result<ReadFrom, Failure> {
        let path = format!("/v1/dossiers/{dossier}/documents/{document}");
        read(self.authorised(Request::get(&path)).await?)
    }

    /// Who looked at the documents of a dossier, the newest first.
    pub(crate) async fn document_views(
        &self,
        dossier: &DossierId,
    ) -> Result<DocumentViews, Failure> {
        let path = format!("/v1/dossiers/{dossier}/views");
        read(self.authorised(Request::get(&path)).await?)
    }

    /// Takes a document out of a dossier.
    pub(crate) async fn remove_document(
        &self,
        dossier: &DossierId,
        document: &DocumentId,
    ) -> Result<DossierView, Failure> {
        let path = format!("/v1/dossiers/{dossier}/documents/{document}");
        read(self.authorised(Request::delete(&path)).await?)
    }

    /// What a country asks for.
    pub(crate) async fn requirements(
        &self,
        purpose: &Purpose,
        kind: EndUserKind,
    ) -> Result<Vec<RequirementView>, Failure> {
        let path = format!(
            "/v1/requirements?country={}&type={}&action={}&numbers={}&kind={}",
            encoded(&purpose.country),
            wire(purpose.number_type),
            wire(purpose.action),
            purpose.numbers,
            wire(kind)
        );
        let list: Requirements = read(self.authorised(Request::get(&path)).await?)?;
        Ok(list.requirements)
    }

    /// A key for one wish of this page.
    pub(crate) fn key() -> String {
        new_key()
    }
}
