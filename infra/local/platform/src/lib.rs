//! strowger: the laptop's cloud, wired.
