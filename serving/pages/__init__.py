"""Pages for people: what the scores say, in English and Japanese, without a line of script that is needed."""
