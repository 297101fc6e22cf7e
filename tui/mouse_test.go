package tui

import (
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/google/go-cmp/cmp"

	"hamconnect/qr/pairing"
)

// click presses the mouse where text stands for the last time, a little to the
// right of its beginning.
func (d *driver) click(text string) {
	d.t.Helper()
	lines := strings.Split(d.root.View(), "\n")
	for y, line := range slices.Backward(lines) {
		if i := strings.LastIndex(line, text); i >= 0 {
			d.send(tea.MouseMsg{X: cells(line[:i]) + 1, Y: y, Button: tea.MouseButtonLeft, Action: tea.MouseActionPress})
			return
		}
	}
	d.t.Fatalf("%q is not on the screen:\n%s", text, d.root.View())
}

func TestTheMouseTicksScopesAndPressesButtons(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {40, 20}, {200, 50}} {
		drive(t, false, func(d *driver) {
			d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			d.scan(nil)
			d.click("[ Approve ]")
			if d.fake.approved != nil {
				t.Fatalf("%v: approved without a number", size)
			}
			d.click("[✓] An id of you") // that is always given
			d.click("[✓] Student")
			d.keys("42")
			d.click("[ Approve ]")
			want[*result](d)
			if diff := cmp.Diff([]string{"profile"}, d.fake.approved); diff != "" {
				t.Errorf("%v: %s", size, diff)
			}
		})
		drive(t, false, func(d *driver) {
			d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			d.scan(func(a *pairing.Asked) { a.AppName = "[✓] x [ Refuse ]" })
			d.click("[✓] x") // a name is no button
			want[*consent](d)
			d.click("[ Refuse ]")
			want[*result](d)
			if d.fake.approved != nil {
				t.Error("approved")
			}
		})
	}
}
