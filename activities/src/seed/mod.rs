//! `seed`: the facts about the world, and the sample data of a first start.
//!
//! Running it again changes nothing and tells no password: they are only in the output of the run that made them.

pub mod sample;

use crate::aws::Aws;
use crate::people::passwords::{HashError, Passwords, generate};
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use crate::ports::directory::{Credential, Directory, NewTenant, Number, Person, Tenant};
use crate::ports::screening::Screening;
use crate::ports::world::WorldRows;
use crate::rules::{BadText, TEXTS_MAX, Texts, WorldRow};
use crate::shell::{self, Failure};
use contract::error::STORE_UNAVAILABLE;
use contract::id::NotE164;
use contract::{E164, PersonId, Role, TenantId};
use sample::{PEOPLE, SamplePerson};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;

/// What may be chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeedInput {
    /// How long the sample people ring, whole seconds, 5 to 120; on a later run too.
    #[serde(default)]
    pub ring_limit_s: Option<u32>,
    /// Whether to make the sample tenant, or the facts about the world only. True if not given.
    #[serde(default)]
    pub sample: Option<bool>,
    /// The numbers that the carrier has: the sample people get theirs among them. All of them if not given.
    #[serde(default)]
    pub numbers: Option<Vec<E164>>,
    /// Rules of the world that take the place of the release's, by their files in `infra/world` without `.json`, such as `calendars/SG`;
    /// null: the release's count again. All or none of them are taken. Functions read them when an instance starts.
    #[serde(default)]
    pub world: BTreeMap<String, Option<Value>>,
}

/// What there is afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seeded {
    /// The sample tenant's name.
    pub tenant: String,
    /// Its people.
    pub people: Vec<SeededPerson>,
    /// Its numbers.
    pub numbers: Vec<E164>,
}

/// A sample person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeededPerson {
    /// Their name.
    pub name: String,
    /// The address they sign in with.
    pub email: String,
    /// Their password, told once: by the run that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// What they may do.
    pub role: Role,
    /// The number shown when they call, if they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<E164>,
}

/// Why seeding did not work. Running it again is safe.
#[derive(Debug, Error)]
pub enum SeedError {
    /// The input does not fit.
    #[error("bad input: {0}")]
    BadInput(String),
    /// Rules of the world do not read, or do not fit the others.
    #[error(transparent)]
    Rules(#[from] BadText),
    /// The store failed for now.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// A password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The data that came with this build does not read.
    #[error("the world data does not read")]
    World(#[from] serde_json::Error),
    /// A sample number is none.
    #[error("a sample number is none")]
    Number(#[from] NotE164),
}

impl From<SeedError> for Failure {
    fn from(error: SeedError) -> Self {
        let name = match error {
            SeedError::BadInput(_) | SeedError::Rules(_) => contract::error::BAD_INPUT,
            SeedError::Store(_) => STORE_UNAVAILABLE,
            SeedError::Hash(_) => "Seed.Hash",
            SeedError::World(_) | SeedError::Number(_) => "Seed.Data",
        };
        Self {
            name: name.to_owned(),
            message: shell::chain(&error),
        }
    }
}

/// Serves the function until its environment is taken down.
///
/// # Errors
/// What the Lambda Runtime API answers, if that cannot go on.
pub async fn run(aws: Arc<Aws>) -> Result<(), lambda_runtime::Error> {
    shell::serve_events(move |event| {
        let aws = aws.clone();
        async move {
            let event = if event.is_null() {
                serde_json::json!({})
            } else {
                event
            };
            let input =
                serde_json::from_value(event).map_err(|error| Failure::bad_input(&error))?;
            let seeded = seed(&*aws, &input).await?;
            serde_json::to_value(seeded).map_err(|error| Failure::bad_input(&error))
        }
    })
    .await
}

/// Writes what is not there yet.
///
/// # Errors
/// [`SeedError`]; what was written stays, and the next run goes on from there.
pub async fn seed(
    d: &(impl Directory + Screening + WorldRows),
    input: &SeedInput,
) -> Result<Seeded, SeedError> {
    if input
        .ring_limit_s
        .is_some_and(|limit| !(5..=120).contains(&limit))
    {
        return Err(SeedError::BadInput(
            "ringLimitS: 5 to 120 whole seconds are allowed".to_owned(),
        ));
    }
    put_rules(d, &input.world).await?;
    for country in sample::countries()? {
        d.put_country(&country).await?;
    }
    let mut people = match input.sample {
        None | Some(true) => PEOPLE.iter().map(plain).collect::<Result<Vec<_>, _>>()?,
        Some(false) => {
            return Ok(Seeded {
                tenant: String::new(),
                people: Vec::new(),
                numbers: Vec::new(),
            });
        }
    };
    // Invented names are no facts about the world.
    for list in sample::sanctions()? {
        d.put_list(&list).await?;
    }
    for person in &mut people {
        person.numbers.retain(|number| {
            input
                .numbers
                .as_ref()
                .is_none_or(|carried| carried.contains(number))
        });
    }
    let numbers: Vec<E164> = people
        .iter()
        .flat_map(|person| person.numbers.clone())
        .collect();
    let mut passwords = BTreeMap::new();
    for (tenant, name) in [
        (sample::TENANT, sample::TENANT_NAME),
        (sample::HOUSE, sample::HOUSE_NAME),
    ] {
        let tenant = Tenant {
            tenant: TenantId::from(tenant),
            name: name.to_owned(),
            dial: sample::dial_policy(),
            country: None,
            closed_at: None,
        };
        let own = people.iter_mut();
        let own: Vec<_> = own
            .filter(|person| person.tenant == tenant.tenant)
            .collect();
        passwords.extend(populate(d, input, tenant, own).await?);
    }
    let people = people.into_iter().map(|person| SeededPerson {
        password: passwords.remove(&person.person),
        number: person.numbers.first().cloned(),
        name: person.name,
        email: person.email,
        role: person.role,
    });
    Ok(Seeded {
        tenant: sample::TENANT_NAME.to_owned(),
        people: people.collect(),
        numbers,
    })
}

/// Puts rules of the world in the place of the release's, once all of them read and fit each other.
async fn put_rules(
    d: &impl WorldRows,
    wanted: &BTreeMap<String, Option<Value>>,
) -> Result<(), SeedError> {
    if wanted.is_empty() {
        return Ok(());
    }
    let before = d.world_rows().await?;
    let mut rows: Vec<WorldRow> = before
        .iter()
        .filter(|row| !wanted.contains_key(&row.name))
        .cloned()
        .collect();
    let put = wanted.iter().filter_map(|(name, text)| {
        let text = text.as_ref()?.to_string();
        let name = name.clone();
        Some(WorldRow { name, text })
    });
    let put: Vec<WorldRow> = put.collect();
    rows.extend(put.iter().cloned());
    if rows.len() > TEXTS_MAX {
        let why = format!("world: at most {TEXTS_MAX} texts");
        return Err(SeedError::BadInput(why));
    }
    Texts::over(&rows)?;
    for row in &put {
        d.put_world_row(row).await?;
    }
    for row in before {
        if wanted.get(&row.name).is_some_and(Option::is_none) {
            d.remove_world_row(&row.name).await?;
        }
    }
    Ok(())
}

/// Sees to it that a tenant is there with its people; gives the passwords that were made.
async fn populate(
    d: &impl Directory,
    input: &SeedInput,
    tenant: Tenant,
    people: Vec<&mut Person>,
) -> Result<BTreeMap<PersonId, String>, SeedError> {
    let id = tenant.tenant.clone();
    let ids: Vec<_> = people.iter().map(|person| person.person.clone()).collect();
    // Hashing takes a while, so it is done only if there may be something to create.
    if d.tenant(&id).await?.is_none()
        && let Some(passwords) = create(d, input, tenant, people).await?
    {
        return Ok(ids.into_iter().zip(passwords).collect());
    }
    if let Some(limit) = input.ring_limit_s {
        for person in &ids {
            d.set_ring_limit(&id, person, limit).await?;
        }
    }
    Ok(BTreeMap::new())
}

/// Creates the tenant; the passwords in the order of people, or `None` if somebody else created it first.
async fn create(
    d: &impl Directory,
    input: &SeedInput,
    tenant: Tenant,
    people: Vec<&mut Person>,
) -> Result<Option<Vec<String>>, SeedError> {
    let hashing = Passwords::default();
    let mut credentials = Vec::new();
    let mut passwords = Vec::new();
    let mut numbers = Vec::new();
    for person in people {
        person.ring_limit_s = input.ring_limit_s.unwrap_or(sample::RING_LIMIT_S);
        let password = generate();
        credentials.push(Credential {
            person: person.clone(),
            password_hash: hashing.hash(&password).await?,
        });
        passwords.push(password);
        numbers.extend(person.numbers.iter().map(|number| Number {
            number: number.clone(),
            tenant: person.tenant.clone(),
            person: Some(person.person.clone()),
            group: None,
            flow: None,
        }));
    }
    let written = d
        .create_tenant(&NewTenant {
            tenant,
            people: credentials,
            numbers,
        })
        .await?;
    Ok((written == Write::Done).then_some(passwords))
}

fn plain(sample: &SamplePerson) -> Result<Person, NotE164> {
    Ok(Person {
        person: sample.id.into(),
        tenant: sample.tenant.into(),
        name: sample.name.to_owned(),
        email: sample.email.to_owned(),
        role: sample.role,
        numbers: sample
            .numbers
            .iter()
            .map(|number| E164::parse(number))
            .collect::<Result<_, _>>()?,
        ring_limit_s: sample::RING_LIMIT_S,
        language: None,
    })
}
