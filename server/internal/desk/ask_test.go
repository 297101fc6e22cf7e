package desk

import "testing"

func TestHintsThatAreLookedUpAtOnceAreFew(t *testing.T) {
	var d Desk
	h := &d.hints
	for i := range mostHints {
		if !h.add() {
			t.Fatalf("the %d-th is turned away", i+1)
		}
	}
	if h.add() {
		t.Error("there is no end")
	}
	h.done()
	if !h.add() {
		t.Error("a place that was given back is lost")
	}
	for range mostHints {
		h.done()
	}
	d.FinishAsks()
	if h.add() {
		t.Error("a server that has stopped looks somebody up")
	}
}
