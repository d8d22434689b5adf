package webhook

import "tongbao/internal/engine"

// Commands lists an empty command of each kind that this package submits: a
// command's fields carry the numbers that the journal knows them by, and who
// reads the journal for people finds the names here.
func Commands() []engine.Command {
	return []engine.Command{
		createEndpoint{}, updateEndpoint{}, rotateSecret{}, deleteEndpoint{},
		deliveries.Empty(), claimAttempt{}, attempted{}, resend{}, trigger{},
	}
}
