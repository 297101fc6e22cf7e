package tui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

func left(d *driver) (ids []string) {
	for _, n := range d.root.app.notices {
		ids = append(ids, n.ID)
	}
	return ids
}

func TestANoticeIsSeenOnlyByItsKey(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.tell(3)
		d.keys("seen2", "enter", "esc", "esc", "?", "x", "tab", "up", " ")
		if d.fake.seen != nil {
			t.Fatalf("marked: %v", d.fake.seen)
		}
		for _, want := range [][]string{{"n3", "n2"}, {"n3"}, nil} {
			d.keys("f2")
			if diff := cmp.Diff(want, left(d)); diff != "" {
				t.Error(diff)
			}
		}
		d.keys("f2") // with none there it does nothing
		if diff := cmp.Diff([]string{"n1", "n2", "n3"}, d.fake.seen); diff != "" {
			t.Error(diff)
		}
	})
}

func TestANoticeIsSeenWhileALinkIsTyped(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.tell(1)
		d.keys("abc", "f2")
		if got := d.root.screen.(*home).entry.input.Value(); got != "abc" || len(d.fake.seen) != 1 {
			t.Errorf("typed %q, seen %v", got, d.fake.seen)
		}
	})
}

func TestANoticeThatComesInIsNotMarkedInsteadOfTheOneThatIsRead(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.tell(1)
		d.fake.notices = append([]pairing.Notice{{ID: "new", Title: "New Ham app: evil"}}, d.fake.notices...)
		d.changed()
		if diff := cmp.Diff([]string{"new", "n1"}, left(d)); diff != "" {
			t.Fatal(diff)
		}
		d.keys("f2")
		if diff := cmp.Diff([]string{"n1"}, d.fake.seen); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWithoutConnectionTheNoticesStay(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.tell(2)
		before := d.root.View()
		d.fake.me = client.ErrUnreachable
		d.changed()
		if d.root.View() != before {
			t.Errorf("it shows\n%s", d.root.View())
		}
		d.fake.me = nil
		d.fake.see = client.ErrUnreachable
		d.keys("f2")
		if len(left(d)) != 2 || !strings.Contains(d.root.View(), "could not be marked") {
			t.Errorf("left are %v:\n%s", left(d), d.root.View())
		}
		d.fake.see = nil
		d.changed() // the connection is back, and what was said of it goes
		if strings.Contains(d.root.View(), "could not be marked") {
			t.Error("it still says so")
		}
		d.keys("f2")
		if len(left(d)) != 1 {
			t.Errorf("left are %v", left(d))
		}
	})
}

func TestAnAnswerThatCrossedWithAMarkIsAskedForAgain(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.tell(2)
		late := meMsg{of: d.root.app.account, seen: d.root.app.seen, name: "Ada", notices: slices.Clone(d.root.app.notices)}
		d.keys("f2")
		d.send(late)
		if diff := cmp.Diff([]string{"n2"}, left(d)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOneMarkAtATime(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.tell(2)
		d.fake.hang = true
		d.keys("f2", "f2")
		if len(left(d)) != 2 || d.fake.marks != 1 {
			t.Errorf("left are %v after %d marks of which the server knows nothing", left(d), d.fake.marks)
		}
		d.send(seenMsg{of: d.root.app.account, id: "n1", err: context.Canceled})
		d.fake.hang = false
		d.keys("f2")
		if diff := cmp.Diff([]string{"n1"}, d.fake.seen); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNewsOfAnAccountThatIsGone(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.tell(1)
		old := d.root.app.account
		d.fake.me = failure(pairing.FailNotSignedIn, nil)
		d.changed()
		want[*login](d)
		d.paste("https://ham.example/enr")
		d.send(meMsg{of: old, err: d.fake.me})
		d.send(meMsg{of: old, notices: notices(2)})
		want[*login](d)
		if got := d.root.screen.(*login).entry.input.Value(); got != "https://ham.example/enr" || left(d) != nil {
			t.Errorf("typed %q, notices %v", got, left(d))
		}
		d.fake.me, d.fake.notices = nil, nil
		other := *old
		d.send(enrolledMsg{&other})
		want[*home](d)
		d.send(meMsg{of: old, name: "Mei", notices: notices(2)})
		d.send(meMsg{of: old, err: failure(pairing.FailNotSignedIn, nil)})
		d.send(seenMsg{of: old, err: failure(pairing.FailNotSignedIn, nil)})
		want[*home](d)
		if d.root.app.account.name != "Ada" || left(d) != nil {
			t.Errorf("%s, %v", d.root.app.account.name, left(d))
		}
	})
}

func TestALinkForAPasskeyIsMadeAgainOnlyWhenItHasRunOut(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.keys("f3", "r", "r")
		if d.fake.links != 1 || !strings.Contains(d.root.View(), "https://ham.example/passkey/") {
			t.Fatalf("%d links:\n%s", d.fake.links, d.root.View())
		}
		d.pass(300)
		d.keys("o")
		if view := d.root.View(); d.opened != nil || strings.Contains(view, "/passkey/") || strings.Contains(view, "▄") {
			t.Errorf("a link that has run out is shown:\n%s", view)
		}
		d.keys("r")
		if d.fake.links != 2 || !strings.Contains(d.root.View(), "300 s left") {
			t.Errorf("%d links:\n%s", d.fake.links, d.root.View())
		}
		d.keys("o")
		if diff := cmp.Diff([]string{d.fake.link.Link}, d.opened); diff != "" {
			t.Error(diff)
		}
		d.keys("esc")
		want[*home](d)
	})
}

func TestAnErrorWithALinkForAPasskeyCanBeTriedAgain(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.fake.linkErr = errors.Join(client.ErrUnreachable)
		d.keys("f3")
		d.fake.linkErr = nil
		d.keys("r")
		if !strings.Contains(d.root.View(), "s left") {
			t.Errorf("\n%s", d.root.View())
		}
	})
}

func TestEscAndCtrlCLeaveTheWaitForALink(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.fake.hang = true
		d.keys("f3", "r", "o")
		old := d.root.screen.(*addPasskey)
		asked := old.try
		d.keys("esc")
		want[*home](d)
		d.send(linkMsg{try: asked, link: d.fake.link})
		d.send(linkMsg{link: d.fake.link})
		want[*home](d)
		d.keys("f3")
		d.send(linkMsg{try: asked, link: d.fake.link})
		if d.root.screen.(*addPasskey).link != "" {
			t.Error("a link that came too late is shown")
		}
		d.keys("ctrl+c")
		if !d.quit {
			t.Error("it stays")
		}
	})
}

func TestNothingThatIsTypedIsLostToThePasskeyScreen(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.keys("abc", "f3")
		want[*home](d)
		d.keys("esc", "f3")
		want[*addPasskey](d)
	})
}
