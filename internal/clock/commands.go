package clock

import "tongbao/internal/engine"

// Commands lists the commands that this package submits, empty: who reads the
// journal for people finds the names of their fields here.
func Commands() []engine.Command { return []engine.Command{advance{}} }

// Answers lists an empty answer of each command that answers, by its name.
func Answers() map[string]any { return map[string]any{advance{}.Name(): setting{}} }
