"""Mail: made, queued, sent to a real SMTP server, and what comes back."""
