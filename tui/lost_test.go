package tui

import (
	"fmt"
	"strings"
	"testing"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// TestWhyThereIsNoConnectionIsSaid where it is more than that nobody answers.
func TestWhyThereIsNoConnectionIsSaid(t *testing.T) {
	driveAccount(t, func(d *driver) {
		shows := func(text string, want bool) {
			t.Helper()
			if view := strings.Join(strings.Fields(d.root.View()), " "); strings.Contains(view, text) != want {
				t.Errorf("%q is there: %v\n%s", text, !want, d.root.View())
			}
		}
		lost := func(err error) { d.send(lostMsg{of: d.root.app.account, err: err}) }
		disabled := &client.Failure{Failure: pairing.Failure{Code: pairing.FailUserDisabled}, Status: 403}
		for _, screen := range []string{"", "1", "8"} {
			d.send(homeMsg{})
			d.keys(screen)
			lost(fmt.Errorf("cannot reach it: %w", client.ErrUnreachable))
			shows("no connection", true)
			shows("cannot reach", false)
			lost(disabled)
			shows("account is disabled", true)
			d.send(remarkMsg{}) // it was read
			lost(disabled)      // as every time that it is tried
			shows("account is disabled", false)
			lost(&client.AnswerError{Server: "https://ham.example", Reason: "it gives no news"})
			shows("it gives no news", true)
			d.changed()
			shows("no connection", false)
			shows("it gives no news", false)
			lost(disabled)
			shows("account is disabled", true)
			d.changed()
		}
	})
}

// TestOpenTooOftenIsNoLostConnection: everything works then, and news come late.
func TestOpenTooOftenIsNoLostConnection(t *testing.T) {
	often := &client.Failure{Failure: pairing.Failure{Code: pairing.FailTooOften}, Status: 429}
	for language, want := range map[string][2]string{
		"en": {"○ open too often", "open too often on this device"}, "zh": {"○ 打开太多", "此设备上打开的 Ham 应用太多"}, "ja": {"○ 開きすぎ", "アプリを開きすぎています"},
	} {
		driveIn(t, language, false, func(d *driver) {
			d.fake.nickname = "Ada L."
			d.send(lostMsg{of: d.root.app.account, err: often})
			view := d.root.View()
			for _, text := range []string{want[0], want[1], "Ada L."} {
				if !strings.Contains(view, text) {
					t.Errorf("%s: no %q\n%s", language, text, view)
				}
			}
			if d.root.app.offline {
				t.Errorf("%s: nothing could be done", language)
			}
			d.changed()
			if view := d.root.View(); strings.Contains(view, want[0]) || strings.Contains(view, want[1]) {
				t.Errorf("%s\n%s", language, view)
			}
		})
	}
}
