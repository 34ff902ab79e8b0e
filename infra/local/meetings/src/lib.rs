//! Chime SDK Meetings on one machine: its API, the signalling, WebRTC.
