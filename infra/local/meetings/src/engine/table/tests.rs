use super::*;
use std::sync::Mutex;
use std::sync::mpsc;

/// Says a constant, and remembers what it hears.
struct Speaker {
    says: Option<i16>,
    heard: Arc<Mutex<Vec<i16>>>,
    left: mpsc::Sender<Left>,
}

impl Party for Speaker {
    fn speak(&mut self, out: &mut Frame) -> bool {
        if let Some(says) = self.says {
            out.fill(says);
        }
        self.says.is_some()
    }

    fn hear(&mut self, heard: &Frame) {
        assert!(heard.iter().all(|s| *s == heard[0]));
        self.heard.lock().unwrap().push(heard[0]);
    }

    fn left(&mut self, why: Left) {
        self.left.send(why).unwrap();
    }
}

struct Tables {
    table: Table,
    heard: Vec<Arc<Mutex<Vec<i16>>>>,
    left: mpsc::Receiver<Left>,
    leaver: mpsc::Sender<Left>,
}

impl Tables {
    fn new() -> Self {
        let (leaver, left) = mpsc::channel();
        Self {
            table: Table::new().unwrap(),
            heard: Vec::new(),
            left,
            leaver,
        }
    }

    fn seat(&mut self, attendee: &AttendeeId, says: Option<i16>) -> ConnId {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let conn = ConnId(self.heard.len() as u64);
        self.heard.push(heard.clone());
        let party = Speaker {
            says,
            heard,
            left: self.leaver.clone(),
        };
        self.table
            .add(conn, attendee.clone(), Ear::Party(Box::new(party)));
        self.table.may(conn, true, true);
        conn
    }

    fn tick(&mut self) -> Vec<Packet> {
        let (mut packets, mut failed) = (Vec::new(), Vec::new());
        self.table.tick(&mut packets, &mut failed);
        assert!(failed.is_empty());
        packets
    }

    fn last_heard(&self) -> Vec<i16> {
        self.heard
            .iter()
            .map(|h| *h.lock().unwrap().last().unwrap())
            .collect()
    }
}

fn attendees<const N: usize>() -> [AttendeeId; N] {
    std::array::from_fn(|_| AttendeeId::random())
}

#[test]
fn five_parties_each_hear_the_other_four() {
    let mut tables = Tables::new();
    let says = [100, 2_000, 300, 40, 5_000];
    for (attendee, says) in attendees::<5>().iter().zip(says) {
        tables.seat(attendee, Some(says));
    }
    tables.tick();
    let sum: i16 = says.iter().sum();
    assert_eq!(tables.last_heard(), says.map(|own| sum - own));
}

#[test]
fn the_muted_are_asked_and_not_heard_and_the_deaf_hear_silence() {
    let mut tables = Tables::new();
    let [a, b, c] = attendees();
    let (muted, _, deaf) = (
        tables.seat(&a, Some(100)),
        tables.seat(&b, Some(200)),
        tables.seat(&c, Some(400)),
    );
    tables.table.may(muted, false, true);
    tables.table.may(deaf, true, false);
    tables.tick();
    assert_eq!(tables.last_heard(), [600, 400, 0]);
    let levels = tables.table.take_levels();
    assert_eq!(levels[0], (muted, 127));
    assert!(levels[1].1 < 127);
}

#[test]
fn an_attendee_does_not_hear_its_own_screen_share() {
    let mut tables = Tables::new();
    let [a, b] = attendees();
    tables.seat(&a, Some(100));
    tables.seat(&a, Some(1_000));
    tables.seat(&b, Some(50));
    tables.tick();
    assert_eq!(tables.last_heard(), [50, 50, 1_100]);
}

#[test]
fn silent_listeners_get_the_very_same_packet_and_a_speaker_its_own() {
    let mut tables = Tables::new();
    let [a, b, c, d] = attendees();
    tables.seat(&a, Some(3_000));
    for (n, attendee) in [&b, &c, &d].into_iter().enumerate() {
        let conn = ConnId(100 + n as u64);
        tables
            .table
            .add(conn, attendee.clone(), Table::browser().unwrap());
        tables.table.may(conn, true, true);
    }
    let packets = tables.tick();
    assert!(Arc::ptr_eq(&packets[0].1, &packets[1].1) && Arc::ptr_eq(&packets[1].1, &packets[2].1));
    // One of them speaks: from that tick on, and for a second after, it has its own.
    tables
        .table
        .push(ConnId(101), &[5_000; 3 * media::FRAME_SAMPLES]);
    let packets = tables.tick();
    assert!(
        Arc::ptr_eq(&packets[0].1, &packets[2].1) && !Arc::ptr_eq(&packets[0].1, &packets[1].1)
    );
    for tick in 0..60 {
        let packets = tables.tick();
        let shared = Arc::ptr_eq(&packets[0].1, &packets[1].1);
        // Two more ticks of its voice, then QUIET_TICKS of silence.
        assert_eq!(
            shared,
            tick >= 2 + QUIET_TICKS as usize - 1,
            "in tick {tick}"
        );
    }
}

#[test]
fn parties_hear_why_they_are_out_and_those_who_leave_do_not() {
    let mut tables = Tables::new();
    let [a, b, c] = attendees();
    let (first, second) = (tables.seat(&a, None), tables.seat(&b, None));
    tables.seat(&c, None);
    tables.table.remove(first, None);
    assert!(tables.left.try_recv().is_err());
    tables.table.remove(second, Some(Left::AttendeeDeleted));
    assert_eq!(tables.left.try_recv(), Ok(Left::AttendeeDeleted));
    tables.table.close(Left::ShuttingDown);
    assert_eq!(tables.left.try_recv(), Ok(Left::ShuttingDown));
    assert!(tables.table.is_empty());
}

#[test]
fn a_party_that_fails_is_reported_and_the_others_go_on() {
    struct Broken;
    impl Party for Broken {
        fn speak(&mut self, _: &mut Frame) -> bool {
            panic!("a defect of this party")
        }
        fn hear(&mut self, _: &Frame) {}
        fn left(&mut self, _: Left) {}
    }
    let mut tables = Tables::new();
    let [a, b] = attendees();
    tables.seat(&a, Some(100));
    tables
        .table
        .add(ConnId(50), b, Ear::Party(Box::new(Broken)));
    let (mut packets, mut failed) = (Vec::new(), Vec::new());
    tables.table.tick(&mut packets, &mut failed);
    assert_eq!(failed, [ConnId(50)]);
    assert_eq!(tables.last_heard(), [0]);
}
