"""Which signing key speaks for which realm, and when: realms and their keys."""
