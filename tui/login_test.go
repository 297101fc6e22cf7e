package tui

import (
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// Enrol links, as codes and texts hold them.
const (
	enrolCode = "https://ham.example/enroll/ABCDEFGHABCDEFGH"
	enrolToo  = "https://other.example/enroll/ZYXWVUTSZYXWVUTS"
)

func TestTheFirstRunScreens(t *testing.T) {
	for name, steps := range map[string]func(d *driver){
		"login-help": func(d *driver) { d.keys("?") },
		"login-complete": func(d *driver) {
			d.eyes.options = map[string][]string{"~/P": {"~/Pi/a.png", "~/Pi/b.png"}}
			d.keys("~/P", "tab")
		},
		"login-sign-in": func(d *driver) { d.paste(ownLink); d.keys("enter") },
		"login-no-code": func(d *driver) { d.eyes.screens = []image.Image{codePicture(d.t)}; d.keys("ctrl+s") },
		"login-other":   func(d *driver) { d.eyes.content.Text = "https://shop.example/"; d.keys("ctrl+v") },
		"login-which": func(d *driver) {
			d.eyes.screens = []image.Image{codePicture(d.t, enrolCode, enrolToo)}
			d.keys("ctrl+s")
		},
		"login-watched":  func(d *driver) { d.watch("shot.png", codePicture(d.t, enrolCode)) },
		"login-not-ours": func(d *driver) { d.watch("shot.png", codePicture(d.t)) },
		"login-camera":   func(d *driver) { d.eyes.codes = []qr.Found{{Text: ownLink}}; d.keys("ctrl+o"); d.pass(1) },
	} {
		for _, language := range languages {
			t.Run(name+"-"+language, func(t *testing.T) {
				driveIn(t, language, true, func(d *driver) {
					steps(d)
					for _, size := range [][2]int{{80, 24}, {40, 20}, {200, 50}} {
						d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
						golden(t, fmt.Sprintf("%s_%s_%dx%d", name, language, size[0], size[1]), d.root.View(), size[0], size[1])
					}
				})
			})
		}
	}
}

func TestAnEnrolLinkComesInFromEverywhere(t *testing.T) {
	for name, steps := range map[string]func(d *driver){
		"a text": func(d *driver) { d.paste(strings.ToUpper(enrolCode)); d.keys("enter") },
		"a file": func(d *driver) { d.paste(d.saved("my shot.png", codePicture(d.t, enrolCode))); d.keys("enter") },
		"a drop": func(d *driver) {
			d.paste("'" + d.saved("a b.png", codePicture(d.t, enrolCode)) + "' ")
			d.keys("enter")
		},
		"a file link":             func(d *driver) { d.paste("file://" + d.saved("a.png", codePicture(d.t, enrolCode))); d.keys("enter") },
		"the clipboard's text":    func(d *driver) { d.eyes.content.Text = enrolCode; d.keys("ctrl+v") },
		"the clipboard's picture": func(d *driver) { d.eyes.content.Image = asPNG(d.t, codePicture(d.t, enrolCode)); d.keys("ctrl+v") },
		"the screen": func(d *driver) {
			d.eyes.screens = []image.Image{codePicture(d.t), codePicture(d.t, enrolCode)}
			d.keys("ctrl+s")
		},
		"beside a sign-in code": func(d *driver) {
			d.eyes.screens = []image.Image{codePicture(d.t, ownLink, enrolCode)}
			d.keys("ctrl+s")
		},
		"chosen of two": func(d *driver) {
			d.eyes.screens = []image.Image{codePicture(d.t, enrolToo, enrolCode)}
			d.keys("ctrl+s", "j", "enter")
		},
		"the camera": func(d *driver) { d.eyes.codes = []qr.Found{{Text: enrolCode}}; d.keys("ctrl+o") },
		"the camera, after a sign-in code": func(d *driver) {
			d.eyes.codes = []qr.Found{{Text: ownLink}}
			d.keys("ctrl+o")
			d.pass(1)
			want[*scan](d)
			d.eyes.codes = []qr.Found{{Text: enrolCode}, {Text: ownLink}}
			d.pass(1)
		},
		"a watched folder, with Enter": func(d *driver) { d.watch("a.png", codePicture(d.t, enrolCode)); d.keys("enter") },
	} {
		t.Run(name, func(t *testing.T) {
			drive(t, true, func(d *driver) {
				steps(d)
				want[*home](d)
				if len(d.enrolled) != 1 || d.enrolled[0].Origin != "https://ham.example" || d.enrolled[0].Code != "ABCDEFGHABCDEFGH" {
					t.Errorf("enrolled with %+v", d.enrolled)
				}
			})
		})
	}
}

// saved puts a picture into a file.
func (d *driver) saved(name string, img image.Image) string {
	d.t.Helper()
	path := filepath.Join(d.t.TempDir(), name)
	if err := os.WriteFile(path, asPNG(d.t, img), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return path
}

// Whoever can put a picture into the watched folder does not choose the server.
func TestAWatchedPictureEnrolsNobodyByItself(t *testing.T) {
	drive(t, true, func(d *driver) {
		d.watch("a.png", codePicture(t, enrolToo))
		d.pass(5)
		want[*login](d)
		if screen := d.root.View(); len(d.enrolled) > 0 || !strings.Contains(screen, enrolToo) || !strings.Contains(screen, "a.png holds an enrol link") {
			t.Errorf("enrolled with %+v:\n%s", d.enrolled, screen)
		}
		d.watch("b.png", codePicture(t, enrolCode)) // the person is at the first
		if screen := d.root.View(); !strings.Contains(screen, enrolToo) {
			t.Errorf("%s", screen)
		}
	})
}

func TestASignInCodeIsNoWayToSignTheDeviceIn(t *testing.T) {
	for name, steps := range map[string]func(d *driver){
		"typed":       func(d *driver) { d.paste("ham://sso-authorize?client_id=library"); d.keys("enter") },
		"seen":        func(d *driver) { d.eyes.screens = []image.Image{codePicture(t, ownLink, otherOwn)}; d.keys("ctrl+s") },
		"came by":     func(d *driver) { d.watch("a.png", codePicture(t, ownLink)) },
		"held before": func(d *driver) { d.eyes.codes = []qr.Found{{Text: ownLink}}; d.keys("ctrl+o"); d.pass(1) },
	} {
		t.Run(name, func(t *testing.T) {
			drive(t, true, func(d *driver) {
				steps(d)
				if screen := d.root.View(); len(d.enrolled) > 0 || !strings.Contains(screen, "no enrol link") {
					t.Errorf("enrolled with %+v:\n%s", d.enrolled, screen)
				}
			})
		})
	}
}

func TestTheWaysBackLeadToTheScreenBefore(t *testing.T) {
	drive(t, true, func(d *driver) {
		d.keys("ctrl+o", "esc")
		want[*login](d)
		d.eyes.screens = []image.Image{codePicture(t, enrolToo, enrolCode)}
		d.keys("ctrl+s", "0", "1", "8")
		want[*menu](d) // there are no other screens yet
		d.keys("esc")
		want[*login](d)
		d.keys("1", "backspace")
		d.eyes.hang = true
		d.keys("ctrl+s", "esc")
		want[*login](d)
		if d.root.screen.(*login).entry.try != nil {
			t.Error("Esc does not stop the screenshot")
		}
	})
	drive(t, false, func(d *driver) {
		d.news(failure(pairing.FailNotSignedIn, nil))
		d.keys("ctrl+o", "esc")
		if screen := d.root.View(); !strings.Contains(screen, "no longer knows this device") {
			t.Errorf("why is forgotten:\n%s", screen)
		}
	})
	drive(t, false, func(d *driver) {
		d.root.app.enroll = func(_ context.Context, link qr.Link, add bool) (*account, error) {
			d.enrolled = append(d.enrolled, link)
			if !add {
				t.Error("the account before is given up")
			}
			return d.root.app.account, nil
		}
		d.kept = []client.Kept{}
		d.keys("7", "enter", "ctrl+o", "esc", "esc")
		want[*accounts](d)
		d.eyes.codes = []qr.Found{{Text: enrolCode}}
		d.keys("enter", "ctrl+o")
		want[*home](d)
		if len(d.enrolled) != 1 {
			t.Errorf("enrolled with %+v", d.enrolled)
		}
	})
}

func TestNoSizeBreaksTheFirstRun(t *testing.T) {
	everySize(t, "ja", func(d *driver) {
		d.news(failure(pairing.FailNotSignedIn, nil))
		d.watch(strings.Repeat("図", 60)+".png", codePicture(d.t))
	})
}
