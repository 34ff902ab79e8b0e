//! [`Mails`] on SES v2, with its record in table `directory`: `MAIL#<key>`/`MAIL`, gone by itself after 30 days.
use super::item::{Item, n, s};
use super::table::{SERVICE, written};
use super::{Aws, unavailable};
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use crate::ports::mails::{ATTEMPT_S, Claimed, Mail, Mails, SendError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageTag};

const MAIL_SERVICE: &str = "SES";
/// How long it is remembered that a mail was sent, in seconds.
const KEPT_S: i64 = 30 * 24 * 60 * 60;

fn pk(key: &str) -> String {
    format!("MAIL#{key}")
}

fn record(key: &str, now_s: i64, message_id: Option<&str>) -> Item {
    let mut item = Item::from([
        ("pk".to_owned(), s(pk(key))),
        ("sk".to_owned(), s("MAIL")),
        ("attemptedAt".to_owned(), n(now_s)),
        ("expires".to_owned(), n(now_s + KEPT_S)),
    ]);
    if let Some(id) = message_id {
        item.insert("messageId".to_owned(), s(id));
    }
    item
}

fn content(text: &str) -> Result<Content, Unavailable> {
    let content = Content::builder().data(text).charset("UTF-8").build();
    content.map_err(|error| Unavailable::new(MAIL_SERVICE, error))
}

impl Mails for Aws {
    fn operators(&self) -> &[String] {
        &self.names.operators_mail
    }

    async fn claim(&self, key: &str, now_s: i64) -> Result<Claimed, Unavailable> {
        let put = self.dynamodb.put_item().table_name(&self.names.directory);
        let put = put
            .set_item(Some(record(key, now_s, None)))
            .condition_expression(
                "attribute_not_exists(pk) OR (attribute_not_exists(messageId) AND attemptedAt < :stale)",
            )
            .expression_attribute_values(":stale", n(now_s - ATTEMPT_S));
        if written(put.send().await)? == Write::Done {
            return Ok(Claimed::Now);
        }
        let get = self.dynamodb.get_item().table_name(&self.names.directory);
        let get = get
            .key("pk", s(pk(key)))
            .key("sk", s("MAIL"))
            .consistent_read(true);
        let found = get.send().await.map_err(unavailable(SERVICE))?.item;
        let id = found
            .as_ref()
            .and_then(|item| item.get("messageId")?.as_s().ok());
        Ok(id.map_or(Claimed::UnderWay, |id| Claimed::Sent(id.clone())))
    }

    async fn give_back(&self, key: &str) -> Result<(), Unavailable> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.names.directory);
        let delete = delete.key("pk", s(pk(key))).key("sk", s("MAIL"));
        delete.send().await.map(drop).map_err(unavailable(SERVICE))
    }

    async fn sent(&self, key: &str, message_id: &str, now_s: i64) -> Result<(), Unavailable> {
        let put = self.dynamodb.put_item().table_name(&self.names.directory);
        let put = put.set_item(Some(record(key, now_s, Some(message_id))));
        put.send().await.map(drop).map_err(unavailable(SERVICE))
    }

    async fn send(&self, mail: &Mail) -> Result<String, SendError> {
        let body = Body::builder()
            .text(content(&mail.text)?)
            .html(content(&mail.html)?)
            .build();
        let message = Message::builder()
            .subject(content(&mail.subject)?)
            .body(body);
        let tag = MessageTag::builder()
            .name("template")
            .value(mail.template)
            .build();
        let send = self
            .mail
            .send_email()
            .from_email_address(&self.names.mail_from)
            .destination(Destination::builder().to_addresses(&mail.to).build())
            .content(EmailContent::builder().simple(message.build()).build())
            .email_tags(tag.map_err(|error| Unavailable::new(MAIL_SERVICE, error))?);
        match send.send().await {
            Ok(sent) => Ok(sent.message_id.unwrap_or_default()),
            Err(error) => match error.as_service_error() {
                Some(
                    refused @ (SendEmailError::BadRequestException(_)
                    | SendEmailError::MessageRejected(_)
                    | SendEmailError::NotFoundException(_)),
                ) => Err(SendError::Refused(
                    refused.meta().message().unwrap_or("refused").to_owned(),
                )),
                // Accounts and senders that are paused or not verified: somebody switches them on, and the mail goes out then.
                Some(_) | None => Err(SendError::Unavailable(unavailable(MAIL_SERVICE)(error))),
            },
        }
    }
}
