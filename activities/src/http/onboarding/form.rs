//! What an onboarding is asked for with, field by field.
use super::ported::asked_of as asked_of_ports;
use crate::dial::look_up;
use crate::http::body::line;
use crate::http::dossiers::fits;
use crate::http::numbers::emergency_address;
use crate::http::numbers::orders::served;
use crate::http::numbers::search::known_carrier;
use crate::http::{Ports, Refused, query};
use crate::porting::offered::not_had;
use crate::ports::carriers::{Carrier, Carriers, Offer};
use crate::rules;
use crate::webhooks::address;
use contract::dossier::NumberAction;
use contract::dossier::review::Purpose;
use contract::number::{AREA_MAX, MAX_NUMBERS};
use contract::onboarding::api::{NewOnboarding, NewPerson, NewTenant, NumberWish, Onboards};
use contract::onboarding::{MAX_PORTS, MAX_WISHES};
use contract::{CarrierId, Role, TenantId};
use futures_util::future::join_all;

/// Longest name, in characters.
const NAME_MAX: usize = 200;
/// Longest address of mail, in characters (RFC 5321 §4.5.3.1.3).
const EMAIL_MAX: usize = 254;
/// Most purposes of one dossier.
const PURPOSES_MAX: usize = 20;
/// The country whose days count where nothing says another.
const FALLBACK: &str = "CH";

/// What follows from a body that fits.
pub(super) struct Checked {
    /// What is to be done for numbers, in order.
    pub(super) wishes: Vec<serde_json::Value>,
    /// What the dossier is to be good for.
    pub(super) purposes: Vec<Purpose>,
}

/// Checks every field.
///
/// # Errors
/// [`Refused`] with the first that does not fit.
pub(super) fn check<P: Ports>(d: &P, body: &NewOnboarding) -> Result<Checked, Refused> {
    match (body.kind, &body.tenant) {
        (Onboards::Tenant, Some(tenant)) => check_tenant(tenant)?,
        (Onboards::Tenant, None) => {
            return Err(Refused::field(
                "tenant",
                "the customer: name, slug, country",
            ));
        }
        (Onboards::User, Some(_)) => {
            return Err(Refused::field("tenant", "not for a person: it is yours"));
        }
        (Onboards::User, None) => {}
    }
    check_person(&body.person, body.kind)?;
    check_count(body)?;
    for (index, wish) in body.numbers.iter().enumerate() {
        check_wish(d, wish).map_err(|refused| refused.within(&format!("numbers[{index}]")))?;
    }
    let mut purposes: Vec<Purpose> = body.numbers.iter().map(purpose).collect();
    purposes.extend(asked_of_ports(d, body)?);
    if purposes.len() > PURPOSES_MAX {
        let message = format!("at most {PURPOSES_MAX} kinds of number in all");
        return Err(Refused::field("ports", message));
    }
    check_rest(d, body)?;
    let mut wishes: Vec<_> = body
        .numbers
        .iter()
        .map(|wish| serde_json::json!(wish))
        .collect();
    wishes.extend(
        body.number
            .iter()
            .map(|number| serde_json::json!({ "number": number })),
    );
    Ok(Checked { wishes, purposes })
}

/// Told at once rather than by a request that finds none: numbers that the carrier that was named, or every carrier there is, is known not to
/// have. Each is asked once what it has; one that does not say now may have them.
///
/// # Errors
/// [`Refused`] with the first that cannot be had.
pub(super) async fn are_had(d: &impl Carriers, wishes: &[NumberWish]) -> Result<(), Refused> {
    let serves = |wish: &NumberWish, id: &CarrierId| {
        let named = wish.carrier.as_ref();
        named.is_none_or(|named| named == id)
    };
    let mut ids = d.carrier_ids();
    ids.retain(|id| wishes.iter().any(|wish| serves(wish, id)));
    let asked = ids.into_iter().map(|id| async move {
        let offers = match d.carrier(&id) {
            Some(carrier) => carrier.offers().await.ok(),
            None => None,
        };
        (id, offers)
    });
    let offered: Vec<(CarrierId, Option<Vec<Offer>>)> = join_all(asked).await;
    for (index, wish) in wishes.iter().enumerate() {
        let its = offered.iter().filter(|(id, _)| serves(wish, id));
        let lacking = its.map(|(id, offers)| {
            let offers = offers.as_ref()?;
            not_had(id, offers, &wish.country, wish.number_type)
        });
        let lacking: Option<Vec<String>> = lacking.collect();
        if let Some(why) = lacking.filter(|why| !why.is_empty()) {
            let refused = Refused::field("country", why.join("; "));
            return Err(refused.within(&format!("numbers[{index}]")));
        }
    }
    Ok(())
}

/// The country whose working days count: that of the first number to be ordered or ported, else of the number that is given, else the
/// tenant's.
///
/// # Errors
/// [`Refused`] if the store fails.
pub(super) async fn country<P: Ports>(
    d: &P,
    tenant: &TenantId,
    body: &NewOnboarding,
) -> Result<String, Refused> {
    let wished = body.numbers.first().map(|wish| wish.country.clone());
    let ported = body.ports.first().map(|wish| wish.country.clone());
    let given = body.number.as_ref().and_then(look_up);
    let new = body.tenant.as_ref().map(|tenant| tenant.country.clone());
    let asked = [wished, ported, given.map(|known| known.iso2), new];
    if let Some(country) = asked.into_iter().flatten().find(|one| counts(one)) {
        return Ok(country);
    }
    let own = d.tenant(tenant).await?.and_then(|tenant| tenant.country);
    if let Some(country) = own.filter(|one| counts(one)) {
        return Ok(country);
    }
    // Tenants of before did not say where they are: their first number does.
    let listed = d.numbers_of(tenant, 1, None).await?;
    let first = listed.numbers.first();
    let first = first.and_then(|record| look_up(&record.number));
    let known = first.map(|known| known.iso2).filter(|one| counts(one));
    Ok(known.unwrap_or_else(|| FALLBACK.to_owned()))
}

/// Whether a country's days can be counted.
fn counts(country: &str) -> bool {
    rules::calendar(country).is_some()
}

fn purpose(wish: &NumberWish) -> Purpose {
    Purpose {
        country: wish.country.clone(),
        number_type: wish.number_type,
        action: NumberAction::Order,
        numbers: wish.count,
    }
}

fn check_tenant(tenant: &NewTenant) -> Result<(), Refused> {
    line("tenant.name", &tenant.name, NAME_MAX)?;
    let bytes = tenant.slug.as_bytes();
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
    let first = bytes.first().is_some_and(u8::is_ascii_lowercase);
    if !first || !(3..=40).contains(&bytes.len()) || !bytes.iter().all(plain) {
        let message = "3 to 40 characters of a-z0-9-, the first a letter";
        return Err(Refused::field("tenant.slug", message));
    }
    query::country(&tenant.country).map_err(|refused| refused.within("tenant"))?;
    Ok(())
}

fn check_person(person: &NewPerson, kind: Onboards) -> Result<(), Refused> {
    line("person.name", &person.name, NAME_MAX)?;
    let email = person.email.as_str();
    let parts = email.split_once('@');
    let good = parts.is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.contains('@')
            && !domain.starts_with('.')
    });
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>,;\"".contains(c);
    if !good || email.chars().count() > EMAIL_MAX || email.contains(odd) {
        let message = "an address such as anna@example.com, at most 254 characters";
        return Err(Refused::field("person.email", message));
    }
    if let Some(language) = &person.language {
        let fits = language.len() == 2 && language.bytes().all(|b| b.is_ascii_lowercase());
        if !fits {
            let message = "ISO 639-1: two small letters, such as es";
            return Err(Refused::field("person.language", message));
        }
    }
    match (kind, person.role) {
        (_, None)
        | (Onboards::Tenant, Some(Role::Administrator))
        | (Onboards::User, Some(Role::Person | Role::Operator | Role::Administrator)) => Ok(()),
        (Onboards::Tenant, Some(_)) => Err(Refused::field(
            "person.role",
            "the first person of a tenant is its administrator",
        )),
        (Onboards::User, Some(Role::Staff)) => Err(Refused::field(
            "person.role",
            "person, operator or administrator",
        )),
    }
}

fn check_count(body: &NewOnboarding) -> Result<(), Refused> {
    let kinds = body.numbers.len();
    match body.kind {
        Onboards::Tenant if kinds > MAX_WISHES => Err(Refused::field(
            "numbers",
            format!("at most {MAX_WISHES} kinds of number"),
        )),
        Onboards::Tenant if kinds == 0 && body.ports.is_empty() => Err(Refused::field(
            "numbers",
            format!("1 to {MAX_WISHES} kinds of number, or some that come by `ports`"),
        )),
        Onboards::Tenant if body.ports.len() > MAX_PORTS => Err(Refused::field(
            "ports",
            format!("at most {MAX_PORTS} ports"),
        )),
        Onboards::User if kinds > 1 || body.numbers.iter().any(|wish| wish.count != 1) => Err(
            Refused::field("numbers", "a person gets one number at most"),
        ),
        Onboards::User if kinds == 1 && body.number.is_some() => Err(Refused::field(
            "number",
            "a free number, or one to be ordered, not both",
        )),
        Onboards::Tenant if body.number.is_some() => Err(Refused::field(
            "number",
            "a new tenant has no free numbers: ask for some in `numbers`",
        )),
        Onboards::Tenant | Onboards::User => Ok(()),
    }
}

fn check_wish<P: Ports>(d: &P, wish: &NumberWish) -> Result<(), Refused> {
    served(&wish.country)?;
    let count = usize::try_from(wish.count).unwrap_or(usize::MAX);
    if !(1..=MAX_NUMBERS).contains(&count) {
        return Err(Refused::field("count", format!("1 to {MAX_NUMBERS}")));
    }
    if let Some(area) = &wish.area {
        line("area", area, AREA_MAX)?;
    }
    if let Some(carrier) = &wish.carrier {
        known_carrier(d, carrier)?;
    }
    let Some(number) = &wish.number else {
        return Ok(());
    };
    if wish.count != 1 || wish.carrier.is_none() {
        let message = "one number, with the `carrier` that has it";
        return Err(Refused::field("number", message));
    }
    if look_up(number).is_none_or(|known| known.iso2 != wish.country) {
        let message = format!("a number of {}", wish.country);
        return Err(Refused::field("number", message));
    }
    Ok(())
}

fn check_rest<P: Ports>(d: &P, body: &NewOnboarding) -> Result<(), Refused> {
    if let Some(webhook) = &body.webhook {
        address::read(&webhook.url, d.allowed_addresses())
            .map_err(|error| Refused::field("webhook.url", error.to_string()))?;
    }
    let for_tenants = [
        ("dossier", body.dossier.is_some()),
        ("ports", !body.ports.is_empty()),
        ("webhook", body.webhook.is_some()),
    ];
    let mut given = for_tenants.iter().filter(|(_, given)| *given);
    if let (Onboards::User, Some((field, _))) = (body.kind, given.next()) {
        let message = "only with the `kind` `tenant`: a person of your own tenant has none";
        return Err(Refused::field(field, message));
    }
    if let Some(form) = &body.dossier {
        fits(form, d.now()).map_err(|refused| refused.within("dossier"))?;
    }
    if body.kind == Onboards::Tenant && body.with_dossier.is_some() {
        let message = "a new tenant's dossier is `dossier`";
        return Err(Refused::field("withDossier", message));
    }
    if let Some(address) = &body.emergency_address {
        let fits = emergency_address::check(&address.clone().into());
        fits.map_err(|refused| refused.within("emergencyAddress"))?;
    }
    Ok(())
}
