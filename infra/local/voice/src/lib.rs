//! Chime SDK Voice on one machine: its API, the SIP media application session, the SIP trunk.
