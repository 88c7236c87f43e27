"""What happened, kept: as digests, as files, as transcripts."""
