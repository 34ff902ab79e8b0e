//! Activities: work that a worker fetches by `GetActivityTask`. The ARN is the resource; there is no call to make.
//!
//! Source: developer guide, "Learn about Activities in Step Functions".

use super::{About, Answer, Call, Family, Integration, Means, Pattern, Resource, TaskError};
use crate::json::Json;

#[derive(Debug)]
struct Activity;

pub(super) fn resolve(arn: &str) -> Option<Resource> {
    let parts: Vec<&str> = arn.split(':').collect();
    let fits = matches!(parts.as_slice(), ["arn", _, "states", region, account, "activity", name]
        if !region.is_empty() && account.len() == 12 && !name.is_empty());
    fits.then(|| Resource {
        arn: arn.to_owned(),
        service: "activity".to_owned(),
        action: arn.to_owned(),
        pattern: Pattern::WaitForTaskToken,
        family: Family::Activity,
        integration: Means::Common(&Activity),
    })
}

impl Integration for Activity {
    fn call(&self, _: &Resource, _: &Json, _: &About<'_>) -> Result<Call, TaskError> {
        Err(TaskError::runtime(
            "an activity's task is fetched, not called",
        ))
    }

    fn result(&self, _: &Resource, _: Answer, _: &About<'_>) -> Result<Json, TaskError> {
        Err(TaskError::runtime(
            "an activity's task is fetched, not called",
        ))
    }
}
