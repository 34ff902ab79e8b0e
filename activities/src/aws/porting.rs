//! What ports need beside carriers: routes and test calls by the numbers' own activities, papers out of the store of documents, the names
//! of tenants and their end users, and the PINs of tenants (table `directory`, `T#<tenant>`/`PORT_OUT_PIN`).
use super::item::{from_item, s, to_item};
use super::table::{SERVICE, written};
use super::{Aws, unavailable};
use crate::call::route::{self, DryRun};
use crate::carriers::Any;
use crate::number;
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use crate::ports::carriers::{Carrier, CarrierError, Carriers, Reason, Refusal};
use crate::ports::clock::{self, Clock};
use crate::ports::directory::Directory;
use crate::ports::documents::{Documents, Place};
use crate::ports::dossiers::Dossiers;
use crate::ports::numbers::{NumberRecord, Numbers, Standing};
use crate::ports::porting::{Desks, Holders, Papers, Pins, Routed, Routes, TestBegun};
use contract::number::{NumberError, NumberTestError, NumberTestInput};
use contract::routing::Target;
use contract::{CarrierId, DocumentId, E164, TenantId};
use serde::{Deserialize, Serialize};

/// Largest document that goes with an order, in bytes: what a dossier takes.
const PAPER_MAX: u32 = 20 * 1024 * 1024;
const IN_USE: &str = "the number is in use here already";
const PIN_KEY: &str = "PORT_OUT_PIN";

impl Desks for Aws {
    type Desk = Any;

    fn desk_ids(&self) -> Vec<CarrierId> {
        self.carrier_ids()
    }

    fn desk(&self, id: &CarrierId) -> Option<&Any> {
        self.carrier(id)
    }
}

impl Papers for Aws {
    async fn paper(
        &self,
        tenant: &TenantId,
        document: &DocumentId,
    ) -> Result<Option<Vec<u8>>, Unavailable> {
        Documents::read(self, &Place::new(tenant, document), PAPER_MAX).await
    }
}

/// A refusal of ours in a carrier's form.
fn refused(why: String) -> CarrierError {
    CarrierError::Refused(Refusal {
        status: 0,
        reasons: vec![Reason {
            code: "not-here".to_owned(),
            title: "not possible here".to_owned(),
            detail: why,
            source: None,
        }],
    })
}

impl Aws {
    /// Whether a number is the tenant's by this very request.
    async fn is_of(&self, of: &Routed<'_>) -> Result<bool, Unavailable> {
        let known = self.number_record(of.number).await?;
        Ok(known.is_some_and(|known| {
            known.tenant == *of.tenant && known.request.as_ref() == Some(of.request)
        }))
    }

    /// Whether a number is the tenant's, whatever brought it.
    async fn is_theirs(&self, of: &Routed<'_>) -> Result<bool, Unavailable> {
        let known = self.number_record(of.number).await?;
        Ok(known.is_some_and(|known| known.tenant == *of.tenant))
    }

    /// Has the carrier lead a number's calls here no more; a carrier that is gone leads none.
    async fn unlead(&self, of: &Routed<'_>) -> Result<(), CarrierError> {
        match self.carrier(of.carrier) {
            Some(carrier) => carrier.lead_no_more(of.number).await,
            None => Ok(()),
        }
    }

    /// Takes a number of the tenant's out of the directory.
    async fn take_out(&self, of: &Routed<'_>) -> Result<(), Unavailable> {
        self.lead_number(of.tenant, of.number, None).await?;
        self.strike_number(of.tenant, of.number).await
    }

    /// Lets a number that rings nobody ring its target. One that is gone meanwhile is no reason to put the port off.
    async fn lead_new(&self, of: &Routed<'_>, target: Option<&Target>) -> Result<(), Unavailable> {
        let known = self.number_record(of.number).await?;
        let led = known.is_some_and(|known| known.target().is_some());
        if led || target.is_none() {
            return Ok(());
        }
        if self.lead_number(of.tenant, of.number, target).await? == Write::Conflict {
            tracing::warn!(number = %of.number, "whom a ported number was to ring is gone: it rings nobody");
        }
        Ok(())
    }
}

impl Routes for Aws {
    async fn make_route(
        &self,
        of: &Routed<'_>,
        target: Option<&Target>,
    ) -> Result<Option<String>, CarrierError> {
        let record = NumberRecord {
            number: of.number.clone(),
            tenant: of.tenant.clone(),
            person: None,
            group: None,
            flow: None,
            standing: Standing::Active,
            carrier: Some(of.carrier.clone()),
            country: crate::dial::look_up(of.number).map(|known| known.iso2),
            number_type: None,
            request: Some(of.request.clone()),
            since: Some(clock::text(self.now())),
            leaving: None,
        };
        let kept = self.keep_number(&record).await;
        if kept.map_err(CarrierError::Unknown)? == Write::Conflict {
            return Ok(Some(IN_USE.to_owned()));
        }
        // The tenant's own, but not by this request: taking this one back would take it away.
        if !self.is_of(of).await.map_err(CarrierError::Unknown)? {
            return Ok(Some(IN_USE.to_owned()));
        }
        let led = self.lead_new(of, target).await;
        led.map_err(CarrierError::Unknown)?;
        Ok(None)
    }

    async fn try_route(&self, of: &Routed<'_>) -> Result<DryRun, CarrierError> {
        let tried = route::dry_run(self, of.tenant, of.number).await;
        tried.map_err(CarrierError::Unknown)
    }

    async fn lead_route(&self, of: &Routed<'_>) -> Result<(), CarrierError> {
        let none = || refused(format!("there is no carrier {}", of.carrier));
        let carrier = self.carrier(of.carrier).ok_or_else(none)?;
        carrier.lead_here(of.number).await
    }

    async fn rings(&self, of: &Routed<'_>) -> Result<Option<Target>, CarrierError> {
        let known = self.number_record(of.number).await;
        let known = known.map_err(CarrierError::Unknown)?;
        let own = known.filter(|known| known.tenant == *of.tenant);
        Ok(own.and_then(|known| known.target()))
    }

    async fn unlead_route(&self, of: &Routed<'_>) -> Result<(), CarrierError> {
        if self.is_of(of).await.map_err(CarrierError::Unknown)? {
            self.unlead(of).await?;
        }
        Ok(())
    }

    async fn undo_route(&self, of: &Routed<'_>) -> Result<(), Unavailable> {
        if self.is_of(of).await? {
            self.take_out(of).await?;
        }
        Ok(())
    }

    async fn let_go_route(&self, of: &Routed<'_>) -> Result<(), CarrierError> {
        if self.is_theirs(of).await.map_err(CarrierError::Unknown)? {
            self.unlead(of).await?;
        }
        Ok(())
    }

    async fn unmake_route(&self, of: &Routed<'_>) -> Result<(), Unavailable> {
        if self.is_theirs(of).await? {
            self.take_out(of).await?;
        }
        Ok(())
    }

    async fn give_back(&self, of: &Routed<'_>) -> Result<(), CarrierError> {
        let none = || refused(format!("there is no carrier {}", of.carrier));
        let carrier = self.carrier(of.carrier).ok_or_else(none)?;
        carrier.release(of.number).await
    }

    async fn test_route(&self, of: &Routed<'_>, attempt: u32) -> Result<TestBegun, CarrierError> {
        let input = NumberTestInput {
            request: of.request.clone(),
            tenant: of.tenant.clone(),
            number: of.number.clone(),
            attempt,
        };
        match number::test_call::test(self, input).await {
            Ok(begun) => Ok(TestBegun::OnItsWay(begun.test)),
            Err(NumberTestError::NotHere) => Ok(TestBegun::NotHere),
            Err(NumberTestError::Number(
                NumberError::Refused(why) | NumberError::BadInput(why),
            )) => Err(refused(why)),
            Err(NumberTestError::Number(
                error @ (NumberError::Store(_) | NumberError::Carrier(_)),
            )) => Err(CarrierError::Unknown(Unavailable::new(
                "a test call",
                error,
            ))),
        }
    }

    async fn tenant_of(&self, number: &E164) -> Result<Option<TenantId>, Unavailable> {
        Ok(self.number_record(number).await?.map(|known| known.tenant))
    }
}

impl Holders for Aws {
    async fn holder_names(&self, tenant: &TenantId) -> Result<Vec<String>, Unavailable> {
        let known = Directory::tenant(self, tenant).await?;
        let mut names: Vec<String> = known.into_iter().map(|known| known.name).collect();
        for record in self.dossiers(tenant).await? {
            names.extend(record.holder_names());
        }
        names.retain(|name| !name.trim().is_empty());
        Ok(names)
    }
}

#[derive(Serialize, Deserialize)]
struct PinItem {
    pin: String,
}

impl Pins for Aws {
    async fn port_out_pin(&self, tenant: &TenantId) -> Result<Option<String>, Unavailable> {
        let got = self
            .dynamodb
            .get_item()
            .table_name(&self.names.directory)
            .key("pk", s(format!("T#{tenant}")))
            .key("sk", s(PIN_KEY))
            .send()
            .await
            .map_err(unavailable(SERVICE))?;
        let Some(item) = got.item else {
            return Ok(None);
        };
        let item: PinItem =
            from_item(item).map_err(|error| Unavailable::new("the directory", error))?;
        Ok(Some(item.pin))
    }

    async fn give_port_out_pin(&self, tenant: &TenantId, pin: &str) -> Result<(), Unavailable> {
        let pk = format!("T#{tenant}");
        let item = PinItem {
            pin: pin.to_owned(),
        };
        let item = to_item(&item, &[("pk", pk.as_str()), ("sk", PIN_KEY)]);
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.names.directory)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)");
        // One that is there already is kept.
        written(put.send().await).map(drop)
    }

    async fn set_port_out_pin(
        &self,
        tenant: &TenantId,
        pin: Option<&str>,
    ) -> Result<(), Unavailable> {
        let pk = format!("T#{tenant}");
        let table = &self.names.directory;
        if let Some(pin) = pin {
            let item = PinItem {
                pin: pin.to_owned(),
            };
            let item = to_item(&item, &[("pk", pk.as_str()), ("sk", PIN_KEY)]);
            let put = self
                .dynamodb
                .put_item()
                .table_name(table)
                .set_item(Some(item));
            put.send().await.map_err(unavailable(SERVICE)).map(drop)
        } else {
            let delete = self.dynamodb.delete_item().table_name(table);
            let delete = delete.key("pk", s(pk)).key("sk", s(PIN_KEY));
            delete.send().await.map_err(unavailable(SERVICE)).map(drop)
        }
    }
}
