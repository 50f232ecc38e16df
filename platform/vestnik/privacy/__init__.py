"""Feature: what is known of one person, handed out as a file, and erased with a proof."""
