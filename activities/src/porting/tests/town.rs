//! A house for ports: the real adapter over a real store, with a carrier that remembers what it was asked.
use crate::call::route::DryRun;
use crate::house::House;
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use crate::ports::carriers::{CarrierError, Offer, Refusal, Upload};
use crate::ports::clock::Clock;
use crate::ports::dossiers::{Dossiers, Seen};
use crate::ports::numbers::{NumberRecord, Numbers, Standing};
use crate::ports::pace::Pace;
use crate::ports::porting::{
    CarrierComment, CarrierPort, CarrierPortOut, CarrierStatus, Desks, Holders, NewPort,
    OutRefusal, OutStatus, Papers, Pins, PortFill, Portable, Porting, Routed, Routes, TestBegun,
};
use crate::ports::requests::{Page, Requests, Which};
use crate::ports::workflows::{
    Handed, Inspected, Machine, Redriven, StartError, Status, Workflows,
};
use crate::request::RequestRecord;
use contract::routing::Target;
use contract::{CarrierId, DocumentId, DossierId, E164, RequestId, TenantId};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// The carrier's id.
pub(super) const CARRIER: &str = "telnyx";

/// What the carrier has and was asked.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) ports: Vec<CarrierPort>,
    pub(super) outs: Vec<CarrierPortOut>,
    pub(super) cancelled: Vec<String>,
    pub(super) answered: Vec<Option<OutRefusal>>,
    pub(super) comments: Vec<CarrierComment>,
    /// Under which key each order is.
    pub(super) keys: BTreeMap<String, String>,
    /// An order for which the carrier is gone once, when it is to be put under another key.
    pub(super) gone_at: Option<String>,
    /// Whether it takes support cases only.
    pub(super) by_hand: bool,
    /// Whether it cancels nothing.
    pub(super) keeps: bool,
    /// Where numbers can come to it, if it is not asked of each.
    pub(super) takes: Option<Vec<Offer>>,
    /// The numbers that were given back to it.
    pub(super) given_back: Vec<E164>,
    /// Whether it takes no number back.
    pub(super) gives_none_up: bool,
    /// Whether it goes on leading here the calls of numbers that it was to lead here no more.
    pub(super) leads_on: bool,
    /// Why it would not lead numbers here.
    pub(super) not_led: Vec<String>,
    /// How often it refuses to answer a port-out before it takes an answer.
    pub(super) refuses: u32,
    /// Where a port-out stands by the time that it refuses an answer, if it has gone on meanwhile.
    pub(super) meanwhile: Option<OutStatus>,
    /// How often it takes an answer to a port-out, and nobody hears that it has.
    pub(super) unheard: u32,
    /// Whether it cannot be asked where a port-out stands.
    pub(super) away: bool,
    /// When it lets a port-out go that nobody has answered; then, too, what was answered is no more pending.
    pub(super) lets_go: Option<Timestamp>,
    /// How many effects a function has before it dies, on the carrier or on the store: all after them fail.
    pub(super) dies_after: Option<u32>,
    /// Whether the workflow service refuses to start anything.
    pub(super) starts_none: bool,
}

impl Known {
    /// An effect, of a function that lives.
    fn effect(&mut self) -> Result<(), Unavailable> {
        match &mut self.dies_after {
            None => Ok(()),
            Some(0) => Err(Unavailable::new("the function", "dead")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    /// Lets go what nobody has answered in time.
    fn let_go(&mut self, now: Timestamp) {
        if self.lets_go.is_none_or(|at| now < at) {
            return;
        }
        for out in &mut self.outs {
            if out.status == OutStatus::Pending {
                out.status = OutStatus::Authorised;
            }
        }
    }
}

/// The carrier.
#[derive(Debug, Default)]
pub(super) struct Desk(Mutex<Known>);

/// The house, the carrier and the clock.
pub(super) struct Town {
    pub(super) house: House,
    pub(super) desk: Desk,
    pub(super) now: Mutex<Timestamp>,
    /// Test calls: number and attempt.
    pub(super) tests: Mutex<Vec<(E164, u32)>>,
}

pub(super) fn number(text: &str) -> E164 {
    E164::parse(text).unwrap()
}

impl Town {
    /// A town on a Monday morning.
    pub(super) async fn new() -> Self {
        Self {
            house: House::new().await,
            desk: Desk::default(),
            now: Mutex::new("2026-11-23T08:00:00Z".parse().unwrap()),
            tests: Mutex::default(),
        }
    }

    pub(super) fn carrier(&self) -> MutexGuard<'_, Known> {
        self.desk.0.lock().unwrap()
    }

    pub(super) async fn set_now(&self, text: &str) {
        let now: Timestamp = text.parse().unwrap();
        *self.now.lock().unwrap() = now;
        self.carrier().let_go(now);
    }

    /// Refuses for a carrier that goes on leading a number here.
    async fn may_be_let_go(&self, of: &Routed<'_>) -> Result<(), CarrierError> {
        let owner = Routes::tenant_of(self, of.number).await;
        let is_here = owner.map_err(CarrierError::Unknown)?.is_some();
        if is_here && self.carrier().leads_on {
            return Err(CarrierError::Refused(none(409)));
        }
        Ok(())
    }

    /// A number that a tenant has here by a request.
    pub(super) async fn keep(&self, text: &str, tenant: &str, request: &str) {
        let record = NumberRecord {
            number: number(text),
            tenant: tenant.into(),
            person: None,
            group: None,
            flow: None,
            standing: Standing::Active,
            carrier: Some(CARRIER.into()),
            country: None,
            number_type: None,
            request: Some(request.into()),
            since: None,
            leaving: None,
        };
        assert_eq!(
            self.house.aws.keep_number(&record).await.unwrap(),
            Write::Done
        );
    }

    /// Whose a number is here.
    pub(super) async fn owner(&self, text: &str) -> Option<String> {
        let owner = Routes::tenant_of(self, &number(text)).await.unwrap();
        owner.map(|tenant| tenant.to_string())
    }

    pub(super) async fn record(&self, id: &str) -> Option<RequestRecord> {
        Requests::get(self, &id.into()).await.unwrap()
    }
}

/// A refusal without words.
fn none(status: u16) -> Refusal {
    Refusal {
        status,
        reasons: Vec::new(),
    }
}

impl Porting for Desk {
    fn by_hand(&self) -> bool {
        self.0.lock().unwrap().by_hand
    }

    fn scheme(&self) -> &'static str {
        "telnyx"
    }

    fn legal_name(&self) -> String {
        "Telnyx LLC".to_owned()
    }

    async fn takes(&self) -> Result<Option<Vec<Offer>>, CarrierError> {
        Ok(self.0.lock().unwrap().takes.clone())
    }

    async fn portability(&self, numbers: &[E164]) -> Result<Vec<Portable>, CarrierError> {
        // As the practice carrier has it: what is in an order is in no other, whosever it is.
        let known = self.0.lock().unwrap();
        let ordered = known.ports.iter().flat_map(|port| &port.lines);
        let asked = numbers.iter().map(|number| Portable {
            number: number.clone(),
            portable: !ordered.clone().any(|(other, _)| other == number),
            why: None,
        });
        Ok(asked.collect())
    }

    async fn find_ports(&self, key: &str) -> Result<Vec<CarrierPort>, CarrierError> {
        let known = self.0.lock().unwrap();
        let mut found = known.ports.clone();
        found.retain(|port| {
            known.keys.get(&port.id).map(String::as_str) == Some(key)
                && port.status != CarrierStatus::Cancelled
        });
        Ok(found)
    }

    async fn key_of_port(&self, id: &str) -> Result<Option<String>, CarrierError> {
        Ok(self.0.lock().unwrap().keys.get(id).cloned())
    }

    async fn open_ports(&self, wanted: &NewPort) -> Result<Vec<CarrierPort>, CarrierError> {
        let mut known = self.0.lock().unwrap();
        let mut made = known.ports.clone();
        made.retain(|port| {
            let key = known.keys.entry(port.id.clone());
            *key.or_insert_with(|| wanted.key.clone()) == wanted.key
                && port.status != CarrierStatus::Cancelled
        });
        Ok(made)
    }

    async fn rename_port(&self, id: &str, key: &str) -> Result<(), CarrierError> {
        let mut known = self.0.lock().unwrap();
        if known.gone_at.as_deref() == Some(id) {
            known.gone_at = None;
            let gone = Unavailable::new("the carrier", "gone");
            return Err(CarrierError::Unknown(gone));
        }
        known.effect().map_err(CarrierError::Unknown)?;
        match known.ports.iter().find(|port| port.id == id) {
            None => return Err(CarrierError::NotFound(none(404))),
            // What was submitted is written on no more.
            Some(port) if port.status != CarrierStatus::Draft => {
                return Err(CarrierError::Refused(none(422)));
            }
            Some(_) => {}
        }
        known.keys.insert(id.to_owned(), key.to_owned());
        Ok(())
    }

    async fn port_state(&self, id: &str) -> Result<CarrierPort, CarrierError> {
        let known = self.0.lock().unwrap();
        let found = known.ports.iter().find(|port| port.id == id).cloned();
        found.ok_or(CarrierError::NotFound(none(404)))
    }

    async fn give(&self, _: &Upload) -> Result<String, CarrierError> {
        Ok("document".to_owned())
    }

    async fn fill_port(&self, _: &str, _: &PortFill) -> Result<(), CarrierError> {
        Ok(())
    }

    async fn submit_port(&self, _: &str) -> Result<(), CarrierError> {
        Ok(())
    }

    async fn cancel_port(&self, id: &str) -> Result<(), CarrierError> {
        let mut known = self.0.lock().unwrap();
        if known.keeps {
            return Err(CarrierError::Refused(none(422)));
        }
        known.effect().map_err(CarrierError::Unknown)?;
        known.cancelled.push(id.to_owned());
        // A draft is taken away; what was submitted is looked at first.
        known
            .ports
            .retain(|port| port.id != id || port.status != CarrierStatus::Draft);
        for port in known.ports.iter_mut().filter(|port| port.id == id) {
            port.status = CarrierStatus::CancelPending;
        }
        Ok(())
    }

    async fn activate_port(&self, _: &str) -> Result<(), CarrierError> {
        Ok(())
    }

    async fn not_led(&self, _: Option<&str>, _: &[E164]) -> Result<Vec<String>, CarrierError> {
        Ok(self.0.lock().unwrap().not_led.clone())
    }

    async fn ask_date(&self, _: &str, _: Timestamp) -> Result<(), CarrierError> {
        Ok(())
    }

    async fn comment_port(&self, _: &str, _: &str) -> Result<(), CarrierError> {
        Ok(())
    }

    async fn comments(&self, _: &str) -> Result<Vec<CarrierComment>, CarrierError> {
        Ok(self.0.lock().unwrap().comments.clone())
    }

    async fn open_port_outs(&self) -> Result<Vec<CarrierPortOut>, CarrierError> {
        Ok(self.0.lock().unwrap().outs.clone())
    }

    async fn port_out(&self, id: &str) -> Result<CarrierPortOut, CarrierError> {
        let known = self.0.lock().unwrap();
        if known.away {
            return Err(CarrierError::Unknown(Unavailable::new(
                "the carrier",
                "away",
            )));
        }
        Ok(known.outs.iter().find(|out| out.id == id).unwrap().clone())
    }

    async fn answer_port_out(
        &self,
        id: &str,
        refusal: Option<OutRefusal>,
        _: &str,
    ) -> Result<(), CarrierError> {
        let mut known = self.0.lock().unwrap();
        if known.refuses > 0 {
            known.refuses -= 1;
            if let Some(status) = known.meanwhile {
                known.outs[0].status = status;
            }
            return Err(CarrierError::Refused(none(422)));
        }
        if known.lets_go.is_some()
            && let Some(out) = known.outs.iter_mut().find(|out| out.id == id)
        {
            if out.status != OutStatus::Pending {
                return Err(CarrierError::Refused(none(422)));
            }
            out.status = match &refusal {
                None => OutStatus::Authorised,
                Some(_) => OutStatus::RejectedPending,
            };
        }
        known.answered.push(refusal);
        if known.unheard > 0 {
            known.unheard -= 1;
            return Err(CarrierError::Unknown(Unavailable::new(
                "the carrier",
                "gone",
            )));
        }
        Ok(())
    }
}

impl Desks for Town {
    type Desk = Desk;

    fn desk_ids(&self) -> Vec<CarrierId> {
        vec![CARRIER.into()]
    }

    fn desk(&self, id: &CarrierId) -> Option<&Desk> {
        (id.0 == CARRIER).then_some(&self.desk)
    }
}

impl Clock for Town {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

impl Pace for Town {
    fn time_scale(&self) -> u32 {
        1
    }

    fn patience_s(&self) -> u32 {
        0
    }
}

impl Requests for Town {
    async fn create(&self, record: &RequestRecord) -> Result<Write, Unavailable> {
        self.carrier().effect()?;
        self.house.aws.create(record).await
    }

    async fn get(&self, request: &RequestId) -> Result<Option<RequestRecord>, Unavailable> {
        Requests::get(&*self.house.aws, request).await
    }

    async fn put(&self, record: &RequestRecord, expected: u64) -> Result<Write, Unavailable> {
        self.carrier().effect()?;
        Requests::put(&*self.house.aws, record, expected).await
    }

    async fn list(
        &self,
        which: &Which,
        limit: u32,
        next: Option<&str>,
    ) -> Result<Page, Unavailable> {
        Requests::list(&*self.house.aws, which, limit, next).await
    }

    async fn all_open(&self) -> Result<Vec<(TenantId, RequestId)>, Unavailable> {
        self.house.aws.all_open().await
    }
}

impl Workflows for Town {
    async fn start(
        &self,
        machine: Machine,
        name: &str,
        input: &Value,
    ) -> Result<String, StartError> {
        let effect = self.carrier().effect();
        effect.map_err(StartError::Unavailable)?;
        let refuses = self.carrier().starts_none;
        if refuses {
            return Err(StartError::Refused("no room".to_owned()));
        }
        self.house.aws.start(machine, name, input).await
    }

    async fn complete(&self, token: &str, output: &Value) -> Result<Handed, Unavailable> {
        self.house.aws.complete(token, output).await
    }

    async fn status(&self, machine: Machine, name: &str) -> Result<Option<Status>, Unavailable> {
        self.house.aws.status(machine, name).await
    }

    async fn inspect(&self, execution: &str) -> Result<Option<Inspected>, Unavailable> {
        self.house.aws.inspect(execution).await
    }

    async fn redrive(&self, execution: &str) -> Result<Redriven, Unavailable> {
        self.house.aws.redrive(execution).await
    }
}

impl Dossiers for Town {
    async fn create_dossier(
        &self,
        record: &crate::dossier::DossierRecord,
    ) -> Result<Write, Unavailable> {
        self.house.aws.create_dossier(record).await
    }

    async fn dossier(
        &self,
        id: &DossierId,
    ) -> Result<Option<crate::dossier::DossierRecord>, Unavailable> {
        self.house.aws.dossier(id).await
    }

    async fn put_dossier(
        &self,
        record: &crate::dossier::DossierRecord,
        expected: u32,
    ) -> Result<Write, Unavailable> {
        self.house.aws.put_dossier(record, expected).await
    }

    async fn dossiers(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<crate::dossier::DossierRecord>, Unavailable> {
        self.house.aws.dossiers(tenant).await
    }

    async fn expiring(
        &self,
        day: &str,
        limit: u32,
    ) -> Result<Vec<crate::dossier::DossierRecord>, Unavailable> {
        self.house.aws.expiring(day, limit).await
    }

    async fn mark(&self, dossier: &DossierId, mark: &str) -> Result<Vec<DossierId>, Unavailable> {
        self.house.aws.mark(dossier, mark).await
    }

    async fn audit(&self, dossier: &DossierId, seen: &Seen) -> Result<(), Unavailable> {
        self.house.aws.audit(dossier, seen).await
    }

    async fn audited(&self, dossier: &DossierId, limit: u32) -> Result<Vec<Seen>, Unavailable> {
        self.house.aws.audited(dossier, limit).await
    }
}

impl Papers for Town {
    async fn paper(
        &self,
        tenant: &TenantId,
        document: &DocumentId,
    ) -> Result<Option<Vec<u8>>, Unavailable> {
        self.house.aws.paper(tenant, document).await
    }
}

impl Holders for Town {
    async fn holder_names(&self, tenant: &TenantId) -> Result<Vec<String>, Unavailable> {
        self.house.aws.holder_names(tenant).await
    }
}

impl Pins for Town {
    async fn port_out_pin(&self, tenant: &TenantId) -> Result<Option<String>, Unavailable> {
        self.house.aws.port_out_pin(tenant).await
    }

    async fn give_port_out_pin(&self, tenant: &TenantId, pin: &str) -> Result<(), Unavailable> {
        self.house.aws.give_port_out_pin(tenant, pin).await
    }

    async fn set_port_out_pin(
        &self,
        tenant: &TenantId,
        pin: Option<&str>,
    ) -> Result<(), Unavailable> {
        self.house.aws.set_port_out_pin(tenant, pin).await
    }
}

/// The directory is the real one; test calls and the carrier's connection are noted only.
impl Routes for Town {
    async fn make_route(
        &self,
        of: &Routed<'_>,
        target: Option<&Target>,
    ) -> Result<Option<String>, CarrierError> {
        self.house.aws.make_route(of, target).await
    }

    async fn try_route(&self, of: &Routed<'_>) -> Result<DryRun, CarrierError> {
        self.house.aws.try_route(of).await
    }

    async fn lead_route(&self, _: &Routed<'_>) -> Result<(), CarrierError> {
        Ok(())
    }

    async fn rings(&self, of: &Routed<'_>) -> Result<Option<Target>, CarrierError> {
        self.house.aws.rings(of).await
    }

    async fn let_go_route(&self, of: &Routed<'_>) -> Result<(), CarrierError> {
        self.may_be_let_go(of).await?;
        self.house.aws.let_go_route(of).await
    }

    async fn unmake_route(&self, of: &Routed<'_>) -> Result<(), Unavailable> {
        self.house.aws.unmake_route(of).await
    }

    async fn unlead_route(&self, of: &Routed<'_>) -> Result<(), CarrierError> {
        self.may_be_let_go(of).await?;
        self.house.aws.unlead_route(of).await
    }

    async fn undo_route(&self, of: &Routed<'_>) -> Result<(), Unavailable> {
        self.house.aws.undo_route(of).await
    }

    async fn give_back(&self, of: &Routed<'_>) -> Result<(), CarrierError> {
        let mut known = self.carrier();
        if known.gives_none_up {
            return Err(CarrierError::Refused(none(409)));
        }
        known.given_back.push(of.number.clone());
        Ok(())
    }

    async fn test_route(&self, of: &Routed<'_>, attempt: u32) -> Result<TestBegun, CarrierError> {
        self.tests
            .lock()
            .unwrap()
            .push((of.number.clone(), attempt));
        Ok(TestBegun::OnItsWay(format!("{}-{attempt}", of.number)))
    }

    async fn tenant_of(&self, number: &E164) -> Result<Option<TenantId>, Unavailable> {
        Routes::tenant_of(&*self.house.aws, number).await
    }
}
