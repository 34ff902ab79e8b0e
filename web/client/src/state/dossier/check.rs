//! Whether the check of a dossier runs.

use crate::state::requests::{RequestBook, Shelf};
use contract::dossier::review::{DossierStatus, DossierView};
use contract::request::RequestView;
use std::rc::Rc;

/// Whether a request has it. A check that could not be begun, or that ended without an answer, keeps nobody from handing it in again.
pub(crate) fn is_being_checked(view: &DossierView, requests: &RequestBook) -> bool {
    let known = view.request.as_ref().and_then(|id| requests.get(id));
    let is_unread = || !requests.is_whole(Shelf::Live);
    let runs = known.map_or_else(is_unread, |check: &Rc<RequestView>| check.is_open());
    view.status == DossierStatus::InReview && runs
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::state::requests::Page;
    use crate::state::samples::request;

    fn handed_in() -> DossierView {
        DossierView {
            status: DossierStatus::InReview,
            request: Some("vd-1".into()),
            ..samples::view()
        }
    }

    /// All that runs was read, and the check is not in it.
    fn read() -> RequestBook {
        let mut book = RequestBook::default();
        book.connected();
        let page = Page {
            shelf: Shelf::Live,
            epoch: book.epoch(),
            from: None,
            views: vec![request("r-1")],
            next: None,
        };
        book.page(page);
        book
    }

    #[test]
    fn a_check_runs_until_it_has_ended() {
        let (view, mut book) = (handed_in(), read());
        let mut check = request("vd-1");
        book.take(check.clone(), true);
        assert!(is_being_checked(&view, &book));
        check.rev += 1;
        check.ended_at = Some("2026-11-20T10:00:00Z".to_owned());
        book.take(check, true);
        assert!(!is_being_checked(&view, &book));
    }

    #[test]
    fn one_that_never_began_does_not_run_and_one_that_was_not_looked_for_may() {
        let mut book = read();
        assert!(!is_being_checked(&handed_in(), &book));
        book.connected();
        assert!(is_being_checked(&handed_in(), &book));
    }

    #[test]
    fn what_is_not_handed_in_is_not_being_checked() {
        let mut book = read();
        book.take(request("vd-1"), true);
        let status = DossierStatus::ProvisionallyApproved;
        let view = DossierView {
            status,
            ..handed_in()
        };
        assert!(!is_being_checked(&view, &book));
    }
}
