"""Pictures of the studio for its gallery: `python -m studio.screenshots PROJECT OUT`."""
