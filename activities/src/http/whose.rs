//! Whose things are listed: the caller's own tenant's, or those of a customer for whom the phone company's people fill something in.
use super::body::is_plain;
use super::requests::not_allowed;
use super::{Refused, access, query};
use crate::people::Caller;
use contract::TenantId;

/// The tenant that the query's `tenant` names, the caller's own if it names none.
///
/// # Errors
/// [`Refused`] if the query does not read, or they do not fill in for that tenant.
pub(super) fn whose(caller: &Caller, asked: Option<&str>) -> Result<TenantId, Refused> {
    let mut tenant = caller.tenant.clone();
    for (_, value) in query::parameters(asked, &["tenant"])? {
        if !is_plain(&value, 1..=64) {
            return Err(Refused::field(
                "tenant",
                "1 to 64 characters of A-Za-z0-9_-",
            ));
        }
        tenant = TenantId(value);
    }
    if access::may_fill_in(caller, &tenant) {
        return Ok(tenant);
    }
    Err(not_allowed("only administrators of the tenant do this"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Role;

    fn caller(role: Role) -> Caller {
        Caller {
            person: "p-1".into(),
            tenant: "t-1".into(),
            role,
            session: String::new(),
        }
    }

    #[test]
    fn only_the_phone_companys_people_name_another_tenant() {
        let ask = |role, query| whose(&caller(role), query).map(|tenant| tenant.0);
        let of = |tenant: &str| Ok(tenant.to_owned());
        assert_eq!(ask(Role::Administrator, None), of("t-1"));
        assert_eq!(ask(Role::Administrator, Some("tenant=t-1")), of("t-1"));
        assert_eq!(ask(Role::Staff, Some("tenant=t-2")), of("t-2"));
        assert_eq!(ask(Role::Staff, None), of("t-1"));
        for (role, query, error) in [
            (Role::Administrator, Some("tenant=t-2"), "Role.NotAllowed"),
            (Role::Operator, None, "Role.NotAllowed"),
            (Role::Person, Some("tenant=t-1"), "Role.NotAllowed"),
            (Role::Staff, Some("tenant="), "Request.BadField"),
            (Role::Staff, Some("tenant=a/b"), "Request.BadField"),
            (Role::Staff, Some("whose=t-2"), "Request.BadField"),
        ] {
            let refused = ask(role, query).unwrap_err();
            assert_eq!(refused.error(), error, "{query:?}");
        }
    }
}
