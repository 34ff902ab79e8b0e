//! Who there is, whom numbers ring, and who is connected.
use super::Fake;
use activities::dial;
use activities::ports::Unavailable;
use activities::ports::calls::Write;
use activities::ports::connections::{Connection, Connections};
use activities::ports::directory::{Credential, Directory, NewTenant, Number, Person, Tenant};
use activities::ports::routings::{Kept, Routing, Routings};
use contract::{E164, PersonId, Role, TenantId};
use serde_json::Value;

impl Connections for Fake {
    async fn add(&self, connection: &Connection) -> Result<(), Unavailable> {
        self.port(|state| state.connections.push(connection.clone()))
    }

    async fn connection(&self, id: &str) -> Result<Option<Connection>, Unavailable> {
        self.port(|state| {
            state
                .connections
                .iter()
                .find(|connection| connection.id == id)
                .cloned()
        })
    }

    async fn remove(&self, gone: &Connection) -> Result<(), Unavailable> {
        self.port(|state| {
            state
                .connections
                .retain(|connection| connection.id != gone.id)
        })
    }

    async fn of_person(&self, person: &PersonId) -> Result<Vec<Connection>, Unavailable> {
        self.port(|state| {
            state
                .connections
                .iter()
                .filter(|c| c.person == *person)
                .cloned()
                .collect()
        })
    }

    async fn of_role(&self, tenant: &TenantId, role: Role) -> Result<Vec<Connection>, Unavailable> {
        self.port(|state| {
            state
                .connections
                .iter()
                .filter(|c| c.tenant == *tenant && c.role == role)
                .cloned()
                .collect()
        })
    }

    async fn of_staff(&self) -> Result<Vec<Connection>, Unavailable> {
        self.port(|state| {
            let staff = state.connections.iter().filter(|c| c.role == Role::Staff);
            staff.cloned().collect()
        })
    }
}

impl Routings for Fake {
    async fn routing<R: Routing>(&self, _: &TenantId, id: &str) -> Result<Option<R>, Unavailable> {
        self.port(|state| {
            let found = state.routings.get(id)?;
            serde_json::from_value(found.clone()).ok()
        })
    }

    async fn routings<R: Routing>(&self, _: &TenantId) -> Result<Vec<R>, Unavailable> {
        self.port(|state| {
            let of_kind = |(id, one): (&String, &Value)| {
                let is_one = id.starts_with(R::PREFIX);
                is_one.then(|| serde_json::from_value(one.clone()).expect("as it was kept"))
            };
            state.routings.iter().filter_map(of_kind).collect()
        })
    }

    async fn keep<R: Routing>(
        &self,
        _: &TenantId,
        routing: &R,
        _: Option<&R>,
    ) -> Result<Kept, Unavailable> {
        self.port(|state| {
            state.put_routing(routing);
            Kept::Done
        })
    }

    async fn strike<R: Routing>(&self, _: &TenantId, routing: &R) -> Result<Kept, Unavailable> {
        self.port(|state| {
            state.routings.remove(routing.id());
            Kept::Done
        })
    }
}

impl Directory for Fake {
    async fn tenant(&self, tenant: &TenantId) -> Result<Option<Tenant>, Unavailable> {
        self.port(|state| state.tenants.get(tenant).cloned())
    }

    async fn person(
        &self,
        tenant: &TenantId,
        person: &PersonId,
    ) -> Result<Option<Person>, Unavailable> {
        self.port(|state| {
            state
                .people
                .get(person)
                .filter(|found| found.tenant == *tenant)
                .cloned()
        })
    }

    async fn people(&self, tenant: &TenantId) -> Result<Vec<Person>, Unavailable> {
        self.port(|state| {
            state
                .people
                .values()
                .filter(|person| person.tenant == *tenant)
                .cloned()
                .collect()
        })
    }

    async fn credential(&self, _: &str) -> Result<Option<Credential>, Unavailable> {
        self.port(|_| None)
    }

    async fn number(&self, number: &E164) -> Result<Option<Number>, Unavailable> {
        self.port(|state| state.numbers.get(number).cloned())
    }

    async fn world(&self) -> Result<dial::World, Unavailable> {
        self.port(|_| activities::seed::sample::world())
    }

    async fn create_tenant(&self, _: &NewTenant) -> Result<Write, Unavailable> {
        self.port(|_| Write::Conflict)
    }

    async fn put_country(&self, _: &dial::Country) -> Result<Write, Unavailable> {
        self.port(|_| Write::Conflict)
    }

    async fn set_ring_limit(
        &self,
        _: &TenantId,
        _: &PersonId,
        _: u32,
    ) -> Result<Write, Unavailable> {
        self.port(|_| Write::Conflict)
    }
}
