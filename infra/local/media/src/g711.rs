//! G.711, both laws (ITU-T G.711).
