package main

import (
	"testing"

	"hamconnect/qr/pairing"
)

func TestWatchWantsNoNumbersWhereOnlyTicketsAreAllowed(t *testing.T) {
	s := signedIn(t)
	const tickets = "[[rule]]\nkind = \"ticket\"\nbrowser = \"192.0.2.0/24\"\naction = \"allow\"\n"
	id, link := s.BeginTicket(false)
	out, stderr, code := ham(t, link+"\n", "watch", ruleFile(t, tickets), "--from", "-", "--once")
	if code != exitDone || s.State(id) != pairing.Approved {
		t.Errorf("exit code %d, %s: %s%s", code, s.State(id), out, stderr)
	}
	id, link = s.BeginTicket(false)
	_, stderr, code = ham(t, link+"\n", "watch", ruleFile(t, tickets+allowAll), "--from", "-", "--once")
	if code != exitUsage || s.State(id) != pairing.Waiting {
		t.Errorf("with a rule that needs a number: exit code %d, %s: %s", code, s.State(id), stderr)
	}
}
