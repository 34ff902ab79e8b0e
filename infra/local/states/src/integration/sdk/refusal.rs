//! What an operation refuses, as a task sees it.

use crate::integration::TaskError;
use crate::integration::service::{self, Refusal};
use crate::integration::table::Service;

/// An error in the words of the AWS SDK for Java 2.
pub(super) fn refused(service: &Service, refusal: &Refusal) -> TaskError {
    let name = service::named(service, &refusal.code)
        .unwrap_or_else(|| format!("{}Exception", service.prefix));
    TaskError {
        error: format!("{}.{name}", service.prefix),
        cause: format!(
            "{} (Service: {}, Status Code: {}, Request ID: {}) (SDK Attempt Count: 1)",
            refusal.message, service.prefix, refusal.status, refusal.request_id
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ABOUT, parcels};
    use super::super::{PREFIX, resolve};
    use super::*;
    use crate::integration::{Answer, ServiceAnswer, table};

    #[test]
    fn refusals_are_told_alike_whatever_made_the_call() {
        let models = parcels();
        let refused = |rest: &str, kind: &str| {
            let resource = resolve(&format!("{PREFIX}{rest}"), &models)
                .unwrap()
                .unwrap();
            let answer = ServiceAnswer {
                status: 400,
                headers: vec![("x-amzn-requestid".to_owned(), "r".to_owned())],
                body: format!(r#"{{"__type":"{kind}","message":"no"}}"#),
            };
            let answer = Answer::Service(Ok(answer));
            let told = resource.integration.result(&resource, answer, &ABOUT);
            told.unwrap_err()
        };
        let cause = |prefix: &str| {
            format!(
                "no (Service: {prefix}, Status Code: 400, Request ID: r) (SDK Attempt Count: 1)"
            )
        };
        let listed = refused("dynamodb:putItem", "ConditionalCheckFailedException");
        assert_eq!(listed.error, "DynamoDb.ConditionalCheckFailedException");
        assert_eq!(listed.cause, cause("DynamoDb"));
        let modelled = refused("parcels:label", "NoSuchParcel");
        assert_eq!(modelled.error, "Parcels.NoSuchDbParcelException");
        assert_eq!(modelled.cause, cause("Parcels"));
    }

    #[test]
    fn errors_are_named_after_the_services_model() {
        let dynamodb = table::service("dynamodb").unwrap();
        let named = |code: &str| {
            let code = code.to_owned();
            let (status, message, request_id) = (400, "m".to_owned(), "r".to_owned());
            refused(
                dynamodb,
                &Refusal {
                    status,
                    code,
                    message,
                    request_id,
                },
            )
            .error
        };
        assert_eq!(
            named("ConditionalCheckFailedException"),
            "DynamoDb.ConditionalCheckFailedException"
        );
        assert_eq!(
            named("InternalServerError"),
            "DynamoDb.InternalServerErrorException"
        );
        assert_eq!(named("ValidationException"), "DynamoDb.DynamoDbException");
    }
}
