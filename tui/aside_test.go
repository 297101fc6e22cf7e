package tui

import (
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr/pairing"
)

// slowly types letter after letter, with a pause after each.
func (d *driver) slowly(text string, pause time.Duration) {
	for _, r := range text {
		d.keys(string(r))
		time.Sleep(pause)
		d.settle()
	}
}

func TestThePathOfAPictureMayBeginWithADigit(t *testing.T) {
	drive(t, false, func(d *driver) {
		for _, r := range "2026.png" {
			d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(string(r))})
			time.Sleep(jumpAfter / 2)
			d.settle()
		}
		if h, ok := d.root.screen.(*home); !ok || h.entry.input.Value() != "2026.png" {
			t.Errorf("at %T\n%s", d.root.screen, d.root.View())
		}
	})
	drive(t, false, func(d *driver) { // all at once, as over a slow line
		d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("2026.png")})
		d.pass(2)
		if h, ok := d.root.screen.(*home); !ok || h.entry.input.Value() != "2026.png" {
			t.Errorf("at %T\n%s", d.root.screen, d.root.View())
		}
	})
	drive(t, false, func(d *driver) { // one that has nowhere to lead is text at once
		d.keys("9")
		d.pass(1)
		if h, ok := d.root.screen.(*home); !ok || h.entry.input.Value() != "9" {
			t.Errorf("at %T\n%s", d.root.screen, d.root.View())
		}
	})
}

// TestAPathThatLeadsAwayChangesNothing: who types so slowly that each digit
// leads away ends on the profile.
func TestAPathThatLeadsAwayChangesNothing(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.slowly("2026.png", time.Second)
		want[*profile](d)
		d.keys("enter", "enter")
		if len(d.fake.acts) > 0 || d.root.app.account.name != "Ada" {
			t.Errorf("%v, %s", d.fake.acts, d.root.app.account.name)
		}
		d.keys("esc", "6", "up")
		if p := d.root.screen.(*profile); p.focus != onPicture {
			t.Errorf("up leads to %d", p.focus)
		}
	})
}

// TestTheThirdWrongNumberSaysWhyItIsRefused: the long poll may come before the
// answer.
func TestTheThirdWrongNumberSaysWhyItIsRefused(t *testing.T) {
	for name, tries := range map[string]int{"wrong three times": 0, "Nothing was given": 2} {
		drive(t, false, func(d *driver) {
			d.scan(nil)
			d.fake.status <- pairing.Status{State: pairing.Denied, Version: 3, TriesLeft: tries}
			d.pass(1)
			want[*result](d)
			if view := d.root.View(); !strings.Contains(view, name) || strings.Contains(view, "three times") != (tries == 0) {
				t.Errorf("\n%s", view)
			}
		})
	}
}

// TestARequestThatWasLeftIsTakenUpAgain: it came by no link that could be pasted.
func TestARequestThatWasLeftIsTakenUpAgain(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.scan(nil)
		d.keys("up", "up", " ", "esc")
		want[*home](d)
		if view := d.root.View(); !strings.Contains(view, "Campus Library waits for your answer: 60 s left") {
			t.Errorf("\n%s", view)
		}
		d.pass(20)
		if view := d.root.View(); !strings.Contains(view, "40 s left") || !strings.Contains(view, "enter go on with it") {
			t.Errorf("it does not count\n%s", view)
		}
		d.keys("1")
		d.keys("esc", "enter")
		want[*consent](d)
		if view := d.root.View(); !strings.Contains(view, "40 s left") || !strings.Contains(view, "[ ] Nickname") {
			t.Errorf("\n%s", view)
		}
		d.keys("42", "enter")
		want[*result](d)
		if len(d.fake.approved) != 1 || d.fake.number != 42 {
			t.Errorf("approved %v with %d", d.fake.approved, d.fake.number)
		}
	})
}

func TestARequestThatWasLeftRunsOut(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.scan(nil)
		d.keys("esc")
		d.pass(61)
		if view := d.root.View(); strings.Contains(view, "Campus Library") {
			t.Errorf("\n%s", view)
		}
		d.keys("enter")
		want[*home](d)
	})
	drive(t, false, func(d *driver) { // what the desktop did meanwhile is told
		d.scan(nil)
		d.keys("esc", "enter")
		d.fake.status <- pairing.Status{State: pairing.Cancelled, Version: 3}
		d.pass(1)
		want[*result](d)
	})
	drive(t, false, func(d *driver) { // another person's is none of theirs
		d.scan(nil)
		d.keys("esc")
		other := *d.root.app.account
		d.send(enrolledMsg{&other})
		if view := d.root.View(); strings.Contains(view, "Campus Library") {
			t.Errorf("\n%s", view)
		}
	})
}
