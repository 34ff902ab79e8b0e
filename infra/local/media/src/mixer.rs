//! N-party mix-minus: everybody hears the sum of the others.
//!
//! [`Mix`] is the arithmetic of one 20 ms tick; [`SpeakerQueue`] is the small buffer in front of it that takes
//! packets when they come and gives a frame when the tick wants one.

use crate::{FRAME_SAMPLES, Frame};
use std::collections::VecDeque;

/// The sum of all voices of one tick.
#[derive(Clone)]
pub struct Mix {
    sum: [i32; FRAME_SAMPLES],
    voices: u32,
}

impl Default for Mix {
    fn default() -> Self {
        Self {
            sum: [0; FRAME_SAMPLES],
            voices: 0,
        }
    }
}

impl Mix {
    /// Starts the next tick.
    pub fn clear(&mut self) {
        if self.voices > 0 {
            self.sum.fill(0);
            self.voices = 0;
        }
    }

    /// Adds a voice. 65536 voices at full scale fit the sum.
    pub fn add(&mut self, voice: &Frame) {
        for (sum, sample) in self.sum.iter_mut().zip(voice.iter()) {
            *sum += i32::from(*sample);
        }
        self.voices += 1;
    }

    /// How many voices were added in this tick.
    #[must_use]
    pub const fn voices(&self) -> u32 {
        self.voices
    }

    /// What someone hears whose own voices in this tick were these: the others, clipped at full scale.
    pub fn without<'a>(&self, own: impl IntoIterator<Item = &'a Frame>, out: &mut Frame) {
        let mut sum = self.sum;
        for voice in own {
            for (sum, sample) in sum.iter_mut().zip(voice.iter()) {
                *sum -= i32::from(*sample);
            }
        }
        for (sample, sum) in out.iter_mut().zip(&sum) {
            *sample = (*sum).clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
        }
    }

    /// What everybody hears who said nothing in this tick. One encoding serves them all.
    pub fn all(&self, out: &mut Frame) {
        self.without([], out);
    }
}

/// Samples that are gathered before a speaker is heard: 40 ms.
pub const TARGET_SAMPLES: usize = 2 * FRAME_SAMPLES;
/// Samples above which a queue is too long, if it stays so: 60 ms.
pub const TRIM_ABOVE_SAMPLES: usize = 3 * FRAME_SAMPLES;
/// Ticks for which it must stay so before it is cut: 200 ms.
pub const TRIM_AFTER_TICKS: u32 = 10;
/// Most samples a queue holds, 400 ms; what comes on top pushes out the oldest.
pub const MAX_SAMPLES: usize = 20 * FRAME_SAMPLES;
/// Samples over which a cut is blended, so that it does not click: 2.5 ms.
const BLEND_SAMPLES: usize = 120;

/// One speaker's samples on their way to the mix.
///
/// It starts to give after [`TARGET_SAMPLES`] have gathered, and again after it ran dry. When a slow clock or
/// a burst makes it longer than [`TRIM_ABOVE_SAMPLES`] for [`TRIM_AFTER_TICKS`], it is cut back to the target.
#[derive(Debug, Clone, Default)]
pub struct SpeakerQueue {
    samples: VecDeque<i16>,
    flowing: bool,
    long_for: u32,
    /// Samples thrown away to keep the delay down.
    trimmed: u64,
    /// Times it ran dry.
    starved: u64,
}

impl SpeakerQueue {
    /// Takes what a packet held.
    pub fn push(&mut self, samples: &[i16]) {
        self.samples.extend(samples);
        let over = self.samples.len().saturating_sub(MAX_SAMPLES);
        if over > 0 {
            self.samples.drain(..over);
            self.trimmed += over as u64;
        }
    }

    /// Gives the next 20 ms, or false if there is nothing to hear now.
    pub fn pop(&mut self, out: &mut Frame) -> bool {
        if !self.flowing && self.samples.len() < TARGET_SAMPLES {
            return false;
        }
        self.flowing = true;
        self.trim();
        let have = self.samples.len().min(FRAME_SAMPLES);
        if have == 0 {
            self.flowing = false;
            self.starved += 1;
            return false;
        }
        for (slot, sample) in out.iter_mut().zip(self.samples.drain(..have)) {
            *slot = sample;
        }
        if have < FRAME_SAMPLES {
            // Ran dry in the middle: fade what there is, so that the end is not a click.
            fade_out(&mut out[..have]);
            out[have..].fill(0);
            self.flowing = false;
            self.starved += 1;
        }
        true
    }

    /// Forgets everything, as when the speaker mutes.
    pub fn clear(&mut self) {
        self.samples.clear();
        self.flowing = false;
        self.long_for = 0;
    }

    /// Samples waiting.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// True if no sample waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Samples thrown away so far to keep the delay down.
    #[must_use]
    pub const fn trimmed(&self) -> u64 {
        self.trimmed
    }

    /// Times it ran dry so far.
    #[must_use]
    pub const fn starved(&self) -> u64 {
        self.starved
    }

    fn trim(&mut self) {
        if self.samples.len() <= TRIM_ABOVE_SAMPLES {
            self.long_for = 0;
            return;
        }
        self.long_for += 1;
        if self.long_for < TRIM_AFTER_TICKS {
            return;
        }
        self.long_for = 0;
        let cut = self.samples.len() - TARGET_SAMPLES;
        // Blend the start of what goes into the start of what stays.
        for i in 0..BLEND_SAMPLES {
            let (old, new) = (i32::from(self.samples[i]), i32::from(self.samples[cut + i]));
            let blended =
                (old * (BLEND_SAMPLES - i) as i32 + new * i as i32) / BLEND_SAMPLES as i32;
            self.samples[cut + i] = blended as i16;
        }
        self.samples.drain(..cut);
        self.trimmed += cut as u64;
    }
}

fn fade_out(samples: &mut [i16]) {
    let n = samples.len().min(BLEND_SAMPLES);
    let start = samples.len() - n;
    for (i, sample) in samples[start..].iter_mut().enumerate() {
        *sample = (i32::from(*sample) * (n - i) as i32 / n as i32) as i16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_frame() -> impl Strategy<Value = Frame> {
        // Few distinct samples, drawn to reach the extremes, spread over the frame.
        proptest::collection::vec(
            prop_oneof![Just(i16::MIN), Just(i16::MAX), Just(0), any::<i16>()],
            8,
        )
        .prop_map(|seed| {
            let mut frame = Frame::SILENCE;
            for (i, s) in frame.iter_mut().enumerate() {
                *s = seed[i % seed.len()];
            }
            frame
        })
    }

    proptest! {
        #[test]
        fn everybody_hears_exactly_the_sum_of_the_others_clipped(voices in proptest::collection::vec(any_frame(), 0..12)) {
            let mut mix = Mix::default();
            voices.iter().for_each(|v| mix.add(v));
            for (me, own) in voices.iter().enumerate() {
                let mut heard = Frame::SILENCE;
                mix.without([own], &mut heard);
                for i in 0..FRAME_SAMPLES {
                    let others: i64 = voices.iter().enumerate().filter(|(k, _)| *k != me).map(|(_, v)| i64::from(v[i])).sum();
                    prop_assert_eq!(i64::from(heard[i]), others.clamp(-32_768, 32_767));
                }
            }
        }

        #[test]
        fn what_i_say_never_changes_what_i_hear(others in proptest::collection::vec(any_frame(), 0..6), mine in any_frame(), otherwise in any_frame()) {
            let hear = |own: &Frame| {
                let mut mix = Mix::default();
                others.iter().for_each(|v| mix.add(v));
                mix.add(own);
                let mut heard = Frame::SILENCE;
                mix.without([own], &mut heard);
                heard
            };
            prop_assert_eq!(hear(&mine), hear(&otherwise));
        }

        #[test]
        fn a_listener_with_two_voices_hears_neither(others in proptest::collection::vec(any_frame(), 0..4), a in any_frame(), b in any_frame()) {
            let mut mix = Mix::default();
            others.iter().for_each(|v| mix.add(v));
            let mut expected = Frame::SILENCE;
            mix.all(&mut expected);
            mix.add(&a);
            mix.add(&b);
            let mut heard = Frame::SILENCE;
            mix.without([&a, &b], &mut heard);
            prop_assert_eq!(heard, expected);
        }

        #[test]
        fn a_queue_loses_nothing_and_adds_nothing_while_it_flows(packets in proptest::collection::vec(1_usize..=2, 1..60)) {
            // Packets of 10 or 20 ms; pop whenever 40 ms wait, as a steady tick does.
            let mut queue = SpeakerQueue::default();
            let (mut next_in, mut next_out) = (1_i16, 1_i16);
            let mut out = Frame::SILENCE;
            for half_frames in packets {
                let samples: Vec<i16> = (0..half_frames * 480).map(|_| { let s = next_in; next_in = next_in % 30_000 + 1; s }).collect();
                queue.push(&samples);
                if queue.len() >= TARGET_SAMPLES {
                    prop_assert!(queue.pop(&mut out));
                    for s in out.iter() {
                        prop_assert_eq!(*s, next_out);
                        next_out = next_out % 30_000 + 1;
                    }
                }
            }
            prop_assert_eq!(queue.trimmed(), 0);
        }

        #[test]
        fn a_queue_never_holds_more_than_its_maximum(bursts in proptest::collection::vec((0_usize..12, any::<bool>()), 1..80)) {
            let mut queue = SpeakerQueue::default();
            let mut out = Frame::SILENCE;
            for (packets, tick) in bursts {
                for _ in 0..packets {
                    queue.push(&[7; FRAME_SAMPLES]);
                }
                prop_assert!(queue.len() <= MAX_SAMPLES);
                if tick {
                    queue.pop(&mut out);
                }
            }
        }
    }

    #[test]
    fn a_speaker_is_heard_after_40_ms_and_again_after_running_dry() {
        let mut queue = SpeakerQueue::default();
        let mut out = Frame::SILENCE;
        queue.push(&[5; FRAME_SAMPLES]);
        assert!(!queue.pop(&mut out), "20 ms are not enough to start");
        queue.push(&[5; FRAME_SAMPLES]);
        assert!(queue.pop(&mut out));
        assert!(queue.pop(&mut out));
        assert!(!queue.pop(&mut out), "it is dry");
        queue.push(&[5; FRAME_SAMPLES]);
        assert!(!queue.pop(&mut out), "it gathers again");
        assert_eq!(queue.starved(), 1);
    }

    #[test]
    fn a_queue_that_stays_long_is_cut_to_40_ms_after_200_ms() {
        let mut queue = SpeakerQueue::default();
        let mut out = Frame::SILENCE;
        for _ in 0..6 {
            queue.push(&[100; FRAME_SAMPLES]);
        }
        for tick in 0..TRIM_AFTER_TICKS {
            assert!(queue.pop(&mut out));
            assert_eq!(queue.trimmed() > 0, tick + 1 == TRIM_AFTER_TICKS);
            queue.push(&[100; FRAME_SAMPLES]);
        }
        assert_eq!(queue.len(), TARGET_SAMPLES);
        assert!(
            out.iter().all(|s| *s == 100),
            "the cut must not be heard in a steady signal"
        );
    }

    #[test]
    fn one_burst_is_not_cut_when_it_goes_away_by_itself() {
        let mut queue = SpeakerQueue::default();
        let mut out = Frame::SILENCE;
        for _ in 0..8 {
            queue.push(&[1; FRAME_SAMPLES]);
        }
        for _ in 0..8 {
            assert!(queue.pop(&mut out));
        }
        assert_eq!(queue.trimmed(), 0);
    }
}
