//! What must survive a restart: meetings, attendees, and who was present. A fold over [`Record`]s; the file is
//! [`journal`].

pub(crate) mod journal;
pub(crate) mod model;

use crate::ids::{AttendeeId, MeetingId, Who};
use model::{Attendee, Meeting, Tag};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(crate) enum Record {
    /// A meeting began, or went on: stream ids rise from here.
    Created {
        meeting: Box<Meeting>,
        #[serde(default)]
        last_stream_id: u32,
    },
    /// It ended.
    Ended { meeting: MeetingId },
    /// Attendees were added, or replaced by a newer version of themselves.
    Attendees {
        meeting: MeetingId,
        attendees: Vec<Attendee>,
    },
    /// An attendee was deleted.
    AttendeeDeleted {
        meeting: MeetingId,
        attendee: AttendeeId,
    },
    /// A meeting's tags are now these.
    Tags { meeting: MeetingId, tags: Vec<Tag> },
    /// Somebody is present.
    Present {
        meeting: MeetingId,
        who: Who,
        stream_id: u32,
    },
    /// And no longer.
    Absent { meeting: MeetingId, who: Who },
}

/// A meeting with all that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// The meeting.
    pub(crate) meeting: Meeting,
    /// Its attendees.
    pub(crate) attendees: BTreeMap<AttendeeId, Attendee>,
    /// Ids by ExternalUserId.
    pub(crate) by_external_id: HashMap<String, AttendeeId>,
    /// Who is present, with the stream id.
    pub(crate) present: BTreeMap<Who, u32>,
    /// The highest stream id so far. Ids must go on rising over a restart.
    pub(crate) last_stream_id: u32,
}

/// All meetings.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Book {
    meetings: BTreeMap<MeetingId, Entry>,
    by_request: HashMap<String, MeetingId>,
}

impl Book {
    /// Folds in one record. Records about what is not there change nothing.
    pub(crate) fn apply(&mut self, record: Record) {
        match record {
            Record::Created {
                meeting,
                last_stream_id,
            } => {
                self.by_request
                    .insert(meeting.request_token.clone(), meeting.id.clone());
                let entry = Entry {
                    meeting: *meeting,
                    attendees: BTreeMap::new(),
                    by_external_id: HashMap::new(),
                    present: BTreeMap::new(),
                    last_stream_id,
                };
                self.meetings.insert(entry.meeting.id.clone(), entry);
            }
            Record::Ended { meeting } => {
                if let Some(entry) = self.meetings.remove(&meeting) {
                    self.by_request.remove(&entry.meeting.request_token);
                }
            }
            Record::Attendees { meeting, attendees } => {
                if let Some(entry) = self.meetings.get_mut(&meeting) {
                    for attendee in attendees {
                        entry
                            .by_external_id
                            .insert(attendee.external_user_id.clone(), attendee.id.clone());
                        entry.attendees.insert(attendee.id.clone(), attendee);
                    }
                }
            }
            Record::AttendeeDeleted { meeting, attendee } => {
                if let Some(entry) = self.meetings.get_mut(&meeting)
                    && let Some(gone) = entry.attendees.remove(&attendee)
                {
                    entry.by_external_id.remove(&gone.external_user_id);
                    entry.present.retain(|who, _| who.attendee != attendee);
                }
            }
            Record::Tags { meeting, tags } => {
                if let Some(entry) = self.meetings.get_mut(&meeting) {
                    entry.meeting.tags = tags;
                }
            }
            Record::Present {
                meeting,
                who,
                stream_id,
            } => {
                if let Some(entry) = self.meetings.get_mut(&meeting) {
                    entry.last_stream_id = entry.last_stream_id.max(stream_id);
                    entry.present.insert(who, stream_id);
                }
            }
            Record::Absent { meeting, who } => {
                if let Some(entry) = self.meetings.get_mut(&meeting) {
                    entry.present.remove(&who);
                }
            }
        }
    }

    /// The records that make this book from an empty one.
    #[must_use]
    pub(crate) fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        for (id, entry) in &self.meetings {
            let meeting = Box::new(entry.meeting.clone());
            records.push(Record::Created {
                meeting,
                last_stream_id: entry.last_stream_id,
            });
            let attendees = entry.attendees.values().cloned().collect();
            records.push(Record::Attendees {
                meeting: id.clone(),
                attendees,
            });
            records.extend(
                entry
                    .present
                    .iter()
                    .map(|(who, stream_id)| Record::Present {
                        meeting: id.clone(),
                        who: who.clone(),
                        stream_id: *stream_id,
                    }),
            );
        }
        records
    }

    /// How many meetings there are.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.meetings.len()
    }

    /// True if there is no meeting.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.meetings.is_empty()
    }

    /// The meeting with this id.
    #[must_use]
    pub(crate) fn get(&self, id: &MeetingId) -> Option<&Entry> {
        self.meetings.get(id)
    }

    /// The meeting that this ClientRequestToken made.
    #[must_use]
    pub(crate) fn by_request(&self, token: &str) -> Option<&Entry> {
        self.by_request
            .get(token)
            .and_then(|id| self.meetings.get(id))
    }

    /// All meetings.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.meetings.values()
    }
}

impl Entry {
    /// The attendee whose token this is.
    #[must_use]
    pub(crate) fn by_token(&self, token: &str) -> Option<&Attendee> {
        self.attendees.values().find(|a| a.token.is(token))
    }
}

#[cfg(test)]
mod tests {
    use super::model::tests::{attendee, meeting};
    use super::*;

    #[test]
    fn a_book_is_the_same_after_it_was_written_and_read() {
        let mut book = Book::default();
        for n in 0..3 {
            let meeting = meeting(&format!("request-{n}"));
            let id = meeting.id.clone();
            book.apply(Record::Created {
                meeting: Box::new(meeting),
                last_stream_id: 0,
            });
            let (a, b) = (attendee("a"), attendee("b"));
            let who = Who {
                attendee: a.id.clone(),
                content: false,
            };
            let gone = Who {
                attendee: b.id.clone(),
                content: true,
            };
            book.apply(Record::Attendees {
                meeting: id.clone(),
                attendees: vec![a, b],
            });
            if n > 0 {
                book.apply(Record::Present {
                    meeting: id.clone(),
                    who,
                    stream_id: 3,
                });
            }
            book.apply(Record::Present {
                meeting: id.clone(),
                who: gone.clone(),
                stream_id: 9,
            });
            book.apply(Record::Absent {
                meeting: id.clone(),
                who: gone,
            });
        }
        let mut again = Book::default();
        for record in book.records() {
            let line = serde_json::to_string(&record).unwrap();
            again.apply(serde_json::from_str(&line).unwrap());
        }
        assert_eq!(again, book);
        assert_eq!(
            again
                .entries()
                .map(|e| e.last_stream_id)
                .collect::<Vec<_>>(),
            [9, 9, 9]
        );
    }

    #[test]
    fn a_request_token_is_free_again_when_its_meeting_ended() {
        let mut book = Book::default();
        let first = meeting("request-1");
        let id = first.id.clone();
        book.apply(Record::Created {
            meeting: Box::new(first),
            last_stream_id: 0,
        });
        assert_eq!(book.by_request("request-1").unwrap().meeting.id, id);
        book.apply(Record::Ended { meeting: id });
        assert!(book.by_request("request-1").is_none());
        assert!(book.is_empty());
    }
}
