//! A proxy that changes what a gateway answers, and what the report says of it.
