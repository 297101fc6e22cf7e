package tui

import "testing"

func TestATicketIsConfirmedByAnotherKeyThanTheFirstYes(t *testing.T) {
	for name, c := range map[string]struct {
		keys []string
		want int
	}{
		"one yes":                       {[]string{"a"}, 0},
		"the same key twice":            {[]string{"a", "a", "a"}, 0},
		"the second key alone":          {[]string{"y"}, 0},
		"enter, as the link was opened": {[]string{"enter"}, 0},
		"a number":                      {[]string{"42", "enter"}, 0},
		"yes and yes":                   {[]string{"a", "y"}, 1},
		"yes, and the button":           {[]string{"a", "up", "enter"}, 1},
		"yes, and enter":                {[]string{"a", "enter"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			drive(t, false, func(d *driver) {
				d.scan(aTicket)
				d.keys(c.keys...)
				if d.fake.confirmed != c.want {
					d.t.Errorf("%d confirmations, want %d", d.fake.confirmed, c.want)
				}
			})
		})
	}
}

func TestADoubleClickOnATicketIsOneYes(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.scan(aTicket)
		d.click("[ Approve ]")
		d.click("[ Yes, sign it in ]")
		if d.fake.confirmed != 0 {
			t.Fatal("a double click confirms")
		}
		d.pass(2)
		d.click("[ Yes, sign it in ]")
		if d.fake.confirmed != 1 {
			t.Errorf("%d confirmations after a second click", d.fake.confirmed)
		}
	})
}
