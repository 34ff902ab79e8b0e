//! The PIN by which a new customer keeps its numbers: made with the tenant, shown to its administrators, and theirs to change.
use crate::ports::Unavailable;
use crate::ports::porting::Pins;
use contract::TenantId;

/// One more than the highest PIN that is made: six digits.
const PINS: u32 = 1_000_000;

/// Gives a tenant a PIN if it has none. Done again it changes nothing.
///
/// # Errors
/// [`Unavailable`].
pub async fn give(d: &impl Pins, tenant: &TenantId) -> Result<(), Unavailable> {
    d.give_port_out_pin(tenant, &made()).await
}

fn made() -> String {
    format!("{:06}", rand::random_range(0..PINS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::House;

    #[test]
    fn a_pin_that_is_made_is_one_that_can_be_set() {
        for _ in 0..100 {
            let pin = made();
            assert!(pin.len() == 6 && pin.bytes().all(|byte| byte.is_ascii_digit()));
        }
    }

    #[tokio::test]
    async fn a_tenant_is_given_one_once_and_its_own_is_never_overwritten() {
        let house = House::new().await;
        let (new, old): (TenantId, TenantId) = ("t-new".into(), "t-old".into());
        let pin = async |tenant: &TenantId| house.aws.port_out_pin(tenant).await.unwrap();
        give(&*house.aws, &new).await.unwrap();
        let first = pin(&new).await;
        assert!(first.is_some());
        give(&*house.aws, &new).await.unwrap();
        assert_eq!(pin(&new).await, first);
        house
            .aws
            .set_port_out_pin(&old, Some("8642"))
            .await
            .unwrap();
        give(&*house.aws, &old).await.unwrap();
        assert_eq!(pin(&old).await.as_deref(), Some("8642"));
    }
}
