//! What administrators keep by version, groups and flows: made once by its key, changed as it was read, deleted when unused.
use super::begin::{administrator, claimed};
use super::body::Key;
use super::{Ports, Refused};
use crate::people::Caller;
use crate::ports::Unavailable;
use crate::ports::routings::{Kept, Routing};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use contract::TenantId;
use contract::routing::MAX_EACH;
use serde::Serialize;
use std::future::Future;

/// A kind of what is kept by version, as it is kept.
pub(super) trait Versioned: Routing {
    /// Its name in errors, such as `Group`.
    const NAME: &str;
    /// What people call one, such as `group`; the route is its plural.
    const WORD: &str;
    /// What it is made and changed with.
    type Form: Clone + Serialize + Send + Sync;

    /// The version that a form says was read.
    fn read_version(form: &Self::Form) -> Option<u64>;

    /// What a form makes, used by nobody yet.
    fn filled_in(id: String, form: Self::Form, version: u64) -> Self;

    /// Whether the form's fields fit, and whom it names is of the tenant.
    fn checked<P: Ports>(
        d: &P,
        tenant: &TenantId,
        form: &Self::Form,
    ) -> impl Future<Output = Result<(), Refused>> + Send;

    /// What people call one of those who use it.
    fn user_named<P: Ports>(
        d: &P,
        tenant: &TenantId,
        user: String,
    ) -> impl Future<Output = Result<String, Unavailable>> + Send;
}

/// Makes one; the same key again finds what it made.
pub(super) async fn create<V: Versioned>(
    d: &impl Ports,
    caller: &Caller,
    key: &Key,
    form: V::Form,
) -> Result<Response, Refused> {
    administrator(caller)?;
    let word = V::WORD;
    if V::read_version(&form).is_some() {
        let allowed = format!("none: a new {word} begins with 1");
        return Err(Refused::field("version", allowed));
    }
    V::checked(d, &caller.tenant, &form).await?;
    let route = format!("POST /v1/{word}s");
    let id = claimed(d, caller, key, &route, &form, V::PREFIX).await?;
    if let Some(known) = d.routing::<V>(&caller.tenant, id.as_str()).await? {
        return Ok((StatusCode::CREATED, Json(known)).into_response());
    }
    if d.routings::<V>(&caller.tenant).await?.len() >= MAX_EACH {
        let message = format!("there are {MAX_EACH} {word}s: delete one first");
        return Err(conflict::<V>("TooMany", message));
    }
    let made = V::filled_in(id.0, form.clone(), 1);
    keep(d, &caller.tenant, (&made, None), &form).await?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// One of the caller's tenant.
pub(super) async fn get<V: Versioned>(
    d: &impl Ports,
    caller: &Caller,
    id: &str,
) -> Result<V, Refused> {
    administrator(caller)?;
    let found = d.routing::<V>(&caller.tenant, id).await?;
    found.ok_or_else(|| Refused::no_such(V::NAME))
}

/// Changes one that is as it was read.
pub(super) async fn replace<V: Versioned>(
    d: &impl Ports,
    caller: &Caller,
    id: &str,
    form: V::Form,
) -> Result<Json<V>, Refused> {
    administrator(caller)?;
    let Some(version) = V::read_version(&form) else {
        return Err(Refused::field("version", "the version that was read"));
    };
    let mut before: V = get(d, caller, id).await?;
    V::checked(d, &caller.tenant, &form).await?;
    let version_after = version.saturating_add(1);
    let mut after = V::filled_in(id.to_owned(), form.clone(), version_after);
    after.used_by().clone_from(before.used_by());
    if before.version() != version {
        // The same change again is as good as done.
        return if after == before {
            Ok(Json(before))
        } else {
            Err(changed::<V>())
        };
    }
    keep(d, &caller.tenant, (&after, Some(&before)), &form).await?;
    Ok(Json(after))
}

/// Keeps one as a form that was checked has it.
async fn keep<V: Versioned>(
    d: &impl Ports,
    tenant: &TenantId,
    (made, before): (&V, Option<&V>),
    form: &V::Form,
) -> Result<(), Refused> {
    let kept = d.keep(tenant, made, before).await?;
    if kept == Kept::NoSuchGroup {
        // It went since: a second look names where the form has it.
        V::checked(d, tenant, form).await?;
    }
    done::<V>(kept)
}

/// Deletes one that nothing uses.
pub(super) async fn remove<V: Versioned>(
    d: &impl Ports,
    caller: &Caller,
    id: &str,
) -> Result<StatusCode, Refused> {
    let known: V = get(d, caller, id).await?;
    let struck = d.strike(&caller.tenant, &known).await?;
    if struck != Kept::InUse {
        return done::<V>(struck).map(|()| StatusCode::NO_CONTENT);
    }
    let now = d.routing::<V>(&caller.tenant, known.id()).await?;
    let mut now = now.unwrap_or(known);
    let mut users = Vec::new();
    for user in std::mem::take(now.used_by()) {
        users.push(V::user_named(d, &caller.tenant, user).await?);
    }
    let message = format!("it is used by {}", users.join(", "));
    Err(conflict::<V>("InUse", message))
}

fn conflict<V: Versioned>(what: &str, message: String) -> Refused {
    Refused::conflict(&format!("{}.{what}", V::NAME), message)
}

fn changed<V: Versioned>() -> Refused {
    let message = "it has been changed meanwhile: read it again".to_owned();
    conflict::<V>("Changed", message).of("version")
}

fn done<V: Versioned>(kept: Kept) -> Result<(), Refused> {
    match kept {
        Kept::Done => Ok(()),
        Kept::NameTaken => {
            let message = format!("another {} has this name", V::WORD);
            Err(conflict::<V>("NameTaken", message).of("name"))
        }
        Kept::Changed | Kept::InUse => Err(changed::<V>()),
        Kept::NoSuchGroup => {
            let message = "a group that it lets ring has just been deleted";
            Err(Refused::new(
                StatusCode::NOT_FOUND,
                "Group.NotFound",
                message,
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::House;
    use contract::GroupId;
    use contract::routing::{Flow, FlowForm};
    use serde::Deserialize;
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// How often [`Hasty`] was looked at.
    static LOOKS: AtomicU32 = AtomicU32::new(0);

    /// A flow whose group goes between the first look and its writing.
    #[derive(Clone, PartialEq, Serialize, Deserialize)]
    struct Hasty(Flow);

    impl Routing for Hasty {
        const PREFIX: &str = Flow::PREFIX;

        fn id(&self) -> &str {
            self.0.id()
        }

        fn name(&self) -> &str {
            Routing::name(&self.0)
        }

        fn version(&self) -> u64 {
            self.0.version()
        }

        fn used_by(&mut self) -> &mut Vec<String> {
            self.0.used_by()
        }

        fn groups(&self) -> BTreeSet<&GroupId> {
            self.0.groups()
        }
    }

    impl Versioned for Hasty {
        const NAME: &str = Flow::NAME;
        const WORD: &str = Flow::WORD;
        type Form = FlowForm;

        fn read_version(form: &FlowForm) -> Option<u64> {
            Flow::read_version(form)
        }

        fn filled_in(id: String, form: FlowForm, version: u64) -> Self {
            Self(Flow::filled_in(id, form, version))
        }

        async fn checked<P: Ports>(
            d: &P,
            tenant: &TenantId,
            form: &FlowForm,
        ) -> Result<(), Refused> {
            match LOOKS.fetch_add(1, Ordering::Relaxed) {
                0 => Ok(()),
                _ => Flow::checked(d, tenant, form).await,
            }
        }

        async fn user_named<P: Ports>(
            _: &P,
            _: &TenantId,
            user: String,
        ) -> Result<String, Unavailable> {
            Ok(user)
        }
    }

    #[tokio::test]
    async fn a_group_that_goes_meanwhile_is_named_where_the_form_has_it() {
        let house = House::new().await;
        let form = serde_json::json!({
            "name": "Office hours", "timeZone": "Europe/Zurich", "hours": [],
            "open": { "person": "p-anna-keller" }, "closed": { "ring": { "group": "g-gone" } },
        });
        let form = serde_json::from_value(form).unwrap();
        let key = Key("a-key-of-a-flow".to_owned());
        let made = create::<Hasty>(&*house.aws, &house.lucia(), &key, form).await;
        let refused = made.unwrap_err();
        assert_eq!(
            (refused.error(), refused.problem.field.as_deref()),
            ("Group.NotFound", Some("closed.ring.group"))
        );
    }
}
