//! The model: a workflow, its world, and the network between them.
use crate::script::{Script, move_of, round_of};
use activities::mailbox::{
    Answer, Collected, Delivered, Letter, Mailbox, Opening, Output, Refused,
};
use contract::LegId;
use contract::moves::LegMoves;
use contract::signal::{Accept, Signal, SignalName};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// A turn's token: the round and the attempt it was made for.
pub(crate) type Token = (u32, u32);

/// One thing that can happen next.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Act {
    /// A signal arrives, for the first time or again.
    Deliver(usize),
    /// The workflow enters its next turn: a token is made, its function is invoked.
    Enter,
    /// A run of a turn's function reaches the mailbox, however late.
    Run(Token),
    /// A signal reaches the workflow through a token.
    Hand(Token, u64),
    /// A signal on its way to the workflow is lost: the function died before it could send, or the request did.
    LoseHand(Token, u64),
    /// The task fails (its function died): the workflow tries the turn again, with a new token.
    Fail,
    /// The task times out: the workflow goes on without a signal.
    TimeOut,
    /// The SMA function runs for an event, for the first time or again.
    Invoke(usize),
    /// That run looks for its answer.
    Look(usize),
    /// That run stops waiting.
    GiveUp(usize),
    /// That run dies.
    Crash(usize),
    /// The network wakes the leg.
    Wake,
    /// A wake-up is lost.
    LoseWake,
    /// The call is closed.
    Close,
}

/// Where the workflow is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workflow {
    /// Between turns; the next is this round.
    Between(u32),
    /// In a turn, with its live token.
    Waiting(Token),
    /// Through.
    Done,
}

/// Everything at one instant.
#[derive(Debug, Clone)]
pub(crate) struct World<'s> {
    pub(crate) script: &'s Script,
    pub(crate) mailbox: Mailbox,
    pub(crate) workflow: Workflow,
    /// `seq` of the last signal that the workflow got.
    received: u64,
    /// Signals the workflow got, in order.
    pub(crate) applied: Vec<u64>,
    /// `seq` that each key was first given.
    pub(crate) numbered: BTreeMap<String, (u64, SignalName)>,
    /// Signals that the mailbox has promised to hand over.
    pub(crate) promised: BTreeSet<u64>,
    /// Signals on their way to the workflow.
    wire: BTreeSet<(Token, u64)>,
    /// Whether a wake-up of the leg is on its way.
    waking: bool,
    /// Runs left of each turn's function, and the `received` it was invoked with.
    runs: BTreeMap<Token, (u8, u64)>,
    /// Turns that reached the mailbox while their token was alive.
    pub(crate) opened: BTreeSet<Token>,
    /// Deliveries left of each signal, invocations left of each event.
    deliveries: Vec<u8>,
    invocations: Vec<u8>,
    /// Runs of the SMA function that wait, by event.
    waiting: BTreeMap<usize, u8>,
    /// Every answer that each event was given.
    pub(crate) answers: BTreeMap<String, BTreeSet<String>>,
    /// Rounds whose moves were given to the leg, in order.
    pub(crate) collected: Vec<u32>,
    /// Rounds whose moves were posted.
    pub(crate) posted: BTreeSet<u32>,
    /// Wake-ups left, and how many there were.
    wakes: u8,
    woken: u8,
    deaths: u8,
    /// What was broken on the way here, if anything.
    pub(crate) broken: Option<String>,
}

pub(crate) fn leg() -> LegId {
    LegId::from(LegId::CALLER)
}

/// All happens in one instant, and the sweep comes a minute later.
fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn later() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(60)
}

fn text((round, attempt): Token) -> String {
    format!("{round}.{attempt}")
}

fn token(text: &str) -> Token {
    let (round, attempt) = text.split_once('.').expect("a token of ours");
    (
        round.parse().expect("a round"),
        attempt.parse().expect("an attempt"),
    )
}

impl<'s> World<'s> {
    pub(crate) fn new(script: &'s Script) -> Self {
        let mut mailbox = Mailbox::new();
        mailbox.bind(&leg(), "t-1", now());
        Self {
            script,
            mailbox,
            workflow: Workflow::Between(1),
            received: 0,
            applied: Vec::new(),
            numbered: BTreeMap::new(),
            promised: BTreeSet::new(),
            wire: BTreeSet::new(),
            waking: false,
            runs: BTreeMap::new(),
            opened: BTreeSet::new(),
            deliveries: vec![script.repeats; script.letters.len()],
            invocations: vec![script.repeats; script.events.len()],
            waiting: BTreeMap::new(),
            answers: BTreeMap::new(),
            collected: Vec::new(),
            posted: BTreeSet::new(),
            wakes: script.wakes,
            woken: 0,
            deaths: script.deaths,
            broken: None,
        }
    }

    /// What tells this world from all others.
    pub(crate) fn fingerprint(&self) -> String {
        let mailbox = serde_json::to_string(&self.mailbox).expect("a mailbox is JSON");
        format!(
            "{mailbox}{:?}",
            (
                (
                    &self.workflow,
                    self.received,
                    &self.applied,
                    &self.wire,
                    self.waking,
                    &self.runs,
                    &self.opened
                ),
                (
                    &self.deliveries,
                    &self.invocations,
                    &self.waiting,
                    &self.answers,
                    &self.collected,
                    &self.posted
                ),
                (self.wakes, self.woken, self.deaths, &self.promised),
            )
        )
    }

    pub(crate) fn accepts(&self, (round, _): Token) -> &'s [SignalName] {
        self.script
            .turns
            .get(round as usize - 1)
            .map_or(&[], |turn| &turn.accepts)
    }

    /// Everything that can happen now.
    pub(crate) fn acts(&self) -> Vec<Act> {
        let mut acts = Vec::new();
        acts.extend(
            (0..self.deliveries.len())
                .filter(|&i| self.deliveries[i] > 0)
                .map(Act::Deliver),
        );
        acts.extend(
            (0..self.invocations.len())
                .filter(|&i| self.invocations[i] > 0)
                .map(Act::Invoke),
        );
        match self.workflow {
            Workflow::Between(_) => acts.push(Act::Enter),
            Workflow::Waiting(_) if self.deaths > 0 => acts.extend([Act::Fail, Act::TimeOut]),
            Workflow::Waiting(_) | Workflow::Done => {}
        }
        acts.extend(
            self.runs
                .iter()
                .filter(|(_, (left, _))| *left > 0)
                .map(|(&token, _)| Act::Run(token)),
        );
        for &(token, seq) in &self.wire {
            acts.extend([Act::Hand(token, seq), Act::LoseHand(token, seq)]);
        }
        for &event in self.waiting.keys() {
            acts.extend([Act::Look(event), Act::GiveUp(event), Act::Crash(event)]);
        }
        if self.waking {
            acts.push(Act::LoseWake);
            acts.extend((self.wakes > 0).then_some(Act::Wake));
        }
        acts.extend((self.script.closes && !self.mailbox.is_closed()).then_some(Act::Close));
        acts
    }

    /// The world after `act`.
    pub(crate) fn after(&self, act: &Act) -> Self {
        let mut next = self.clone();
        next.act(act);
        // A request with a dead token changes nothing, whenever it arrives.
        let live = next.live();
        next.wire.retain(|(token, _)| Some(*token) == live);
        next
    }

    fn live(&self) -> Option<Token> {
        match self.workflow {
            Workflow::Waiting(token) => Some(token),
            Workflow::Between(_) | Workflow::Done => None,
        }
    }

    fn act(&mut self, act: &Act) {
        match *act {
            Act::Deliver(letter) => {
                self.deliveries[letter] -= 1;
                let (key, name) = (format!("letter {letter}"), self.script.letters[letter]);
                self.deliver(&if name == SignalName::ClientAnswer {
                    // Each answer comes from a device of its own.
                    Letter {
                        device: Some(key.as_str().into()),
                        ..Letter::new(key.clone(), name, Some(LegId::from(LegId::CALLEE)))
                    }
                } else {
                    Letter::new(key, name, None)
                });
            }
            Act::Enter => self.enter(),
            Act::Run(token) => self.run(token),
            Act::Hand(token, seq) => self.hand(token, seq),
            Act::LoseHand(token, seq) => {
                self.wire.remove(&(token, seq));
            }
            Act::Fail => self.die(|(round, attempt)| Workflow::Waiting((round, attempt + 1))),
            Act::TimeOut => self.die(|(round, _)| Workflow::Between(round + 1)),
            Act::Invoke(event) => self.invoke(event),
            Act::Look(event) => self.look(event),
            Act::GiveUp(event) => {
                self.leave(event);
                let answer = self
                    .mailbox
                    .give_up(&leg(), &event_key(event), Answer::Keep);
                self.note(&event_key(event), &answer);
            }
            Act::Crash(event) => self.leave(event),
            Act::Wake => self.wake(),
            Act::LoseWake => self.waking = false,
            Act::Close => {
                let outputs = self.mailbox.close();
                self.output(outputs);
                self.workflow = Workflow::Done;
            }
        }
    }

    fn deliver(&mut self, letter: &Letter) {
        let delivery = self.mailbox.deliver(letter, now());
        match delivery.delivered {
            Delivered::Dropped(seq) if letter.name.waits() => {
                self.broken = Some(format!("signal {seq} waits and was dropped"));
            }
            Delivered::Kept(seq) if !letter.name.waits() => {
                self.broken = Some(format!("signal {seq} only tells and was kept"));
            }
            Delivered::Taken(_)
            | Delivered::Kept(_)
            | Delivered::Dropped(_)
            | Delivered::Known(_)
            | Delivered::Elsewhere
            | Delivered::Closed
            | Delivered::Full => {}
        }
        let numbered = match delivery.delivered {
            Delivered::Taken(seq) | Delivered::Kept(seq) => {
                self.promised.insert(seq);
                Some(seq)
            }
            Delivered::Dropped(seq) | Delivered::Known(seq) => Some(seq),
            Delivered::Elsewhere | Delivered::Closed | Delivered::Full => None,
        };
        if let Some(seq) = numbered {
            let (first, _) = *self
                .numbered
                .entry(letter.key.clone())
                .or_insert((seq, letter.name));
            if first != seq {
                self.broken = Some(format!("`{}` was {first} and is now {seq}", letter.key));
            }
        }
        self.output(delivery.outputs);
    }

    /// The workflow goes into the next turn, or is through.
    fn enter(&mut self) {
        let Workflow::Between(round) = self.workflow else {
            return;
        };
        if round as usize > self.script.turns.len() {
            self.workflow = Workflow::Done;
            return;
        }
        self.workflow = Workflow::Waiting((round, 0));
        self.runs
            .insert((round, 0), (self.script.repeats, self.received));
    }

    /// The live token dies.
    fn die(&mut self, then: impl Fn(Token) -> Workflow) {
        let Some(token) = self.live() else { return };
        self.deaths -= 1;
        self.workflow = then(token);
        if let Workflow::Waiting(again) = self.workflow {
            self.runs
                .insert(again, (self.script.repeats, self.received));
        }
    }

    /// A run of the turn function, with the input that the workflow gave it when it made the token.
    fn run(&mut self, of: Token) {
        let (left, received) = self.runs.get_mut(&of).expect("invoked");
        *left -= 1;
        let received = *received;
        let (round, attempt) = of;
        let posts = self.script.turns[round as usize - 1].moves;
        let opening = Opening {
            round,
            attempt,
            token: text(of),
            received,
            accepts: self
                .accepts(of)
                .iter()
                .map(|&name| Accept { name, leg: None })
                .collect(),
            moves: posts
                .then(|| LegMoves {
                    leg: leg(),
                    moves: vec![move_of(round)],
                })
                .into_iter()
                .collect(),
        };
        let live = self.live() == Some(of);
        match self.mailbox.open_turn(&opening, now()) {
            Ok(opened) => {
                if live {
                    self.opened.insert(of);
                }
                if posts {
                    self.posted.insert(round);
                }
                self.output(opened.outputs);
            }
            Err(Refused::Stale) if live => {
                self.broken = Some(format!("the live turn {of:?} was refused"))
            }
            Err(Refused::Stale | Refused::Closed) => {}
        }
    }

    fn hand(&mut self, token: Token, seq: u64) {
        self.wire.remove(&(token, seq));
        if self.live() == Some(token) {
            self.applied.push(seq);
            self.received = seq;
            self.workflow = Workflow::Between(token.0 + 1);
        }
    }

    fn invoke(&mut self, event: usize) {
        self.invocations[event] -= 1;
        if let Some(name) = self.script.events[event].signal {
            self.deliver(&Letter::new(event_key(event), name, Some(leg())));
        }
        self.mailbox.ask(&leg(), &event_key(event), now());
        *self.waiting.entry(event).or_insert(0) += 1;
    }

    fn look(&mut self, event: usize) {
        if let Collected::Answer(answer) = self.mailbox.collect(&leg(), &event_key(event)) {
            self.leave(event);
            self.note(&event_key(event), &answer);
        }
    }

    fn leave(&mut self, event: usize) {
        let left = self.waiting.get_mut(&event).expect("waiting");
        *left -= 1;
        if *left == 0 {
            self.waiting.remove(&event);
        }
    }

    /// The network asks what the leg is to do, and asks again because the first answer was lost.
    fn wake(&mut self) {
        self.waking = false;
        self.wakes -= 1;
        self.woken += 1;
        let key = format!("update {}", self.woken);
        for _ in 0..2 {
            let answer = self.mailbox.give_up(&leg(), &key, Answer::Keep);
            self.note(&key, &answer);
        }
    }

    /// An event has its answer.
    fn note(&mut self, key: &str, answer: &Answer) {
        let new = !self.answers.contains_key(key);
        self.answers
            .entry(key.to_owned())
            .or_default()
            .insert(format!("{answer:?}"));
        if let (true, Answer::Do(moves)) = (new, answer) {
            self.collected.extend(moves.iter().filter_map(round_of));
        }
    }

    fn output(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Complete(offer) => {
                    self.wire.insert((token(&offer.token), offer.note.seq));
                }
                Output::Push { .. } => self.waking = true,
            }
        }
    }

    /// A minute passes and the sweep says again what may have been lost. What it says arrives.
    pub(crate) fn sweep(&self) -> Self {
        let mut swept = self.clone();
        for output in swept.mailbox.remind(later()) {
            match output {
                Output::Complete(offer) => swept.hand(token(&offer.token), offer.note.seq),
                Output::Push { .. } => {
                    swept.wakes = swept.wakes.max(1);
                    swept.wake();
                }
            }
        }
        swept
    }

    /// What the mailbox still holds: kept, and taken but not settled.
    pub(crate) fn held(&self) -> (Vec<Signal>, Option<Signal>) {
        let json = serde_json::to_value(&self.mailbox).expect("a mailbox is JSON");
        let kept = serde_json::from_value(json["pending"].clone()).expect("signals");
        let taken = json["turn"]
            .get("taken")
            .map(|taken| serde_json::from_value(taken.clone()).expect("a signal"));
        (kept, taken)
    }

    /// The token of the mailbox's newest turn.
    pub(crate) fn turn(&self) -> Option<Token> {
        let json = serde_json::to_value(&self.mailbox).expect("a mailbox is JSON");
        json["turn"]["token"].as_str().map(token)
    }
}

fn event_key(event: usize) -> String {
    format!("event {event}")
}
