package tui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"hamconnect/qr"
	"hamconnect/qr/capture"
	"hamconnect/tui/client"
)

// eyes are sources that show what a test puts there.
type eyes struct {
	content  capture.Content
	screens  []image.Image
	options  map[string][]string
	codes    []qr.Found // that the camera's pictures hold
	openErr  error
	frameErr error
	err      error // of clipboard and screens
	hang     bool
	closed   int
	frames   int
	searched int
}

func (e *eyes) wait(ctx context.Context) error {
	if e.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return e.err
}

func (e *eyes) sources() sources {
	return sources{
		clipboard: func(ctx context.Context) (capture.Content, error) { return e.content, e.wait(ctx) },
		screens:   func(ctx context.Context) ([]image.Image, error) { return e.screens, e.wait(ctx) },
		complete:  func(prefix string) []string { return e.options[prefix] },
		camera: func(ctx context.Context) (camera, error) {
			if err := e.wait(ctx); err != nil {
				return nil, err
			}
			return e, e.openErr
		},
		codes: func(context.Context, image.Image) ([]qr.Found, error) {
			e.searched++
			if len(e.codes) == 0 {
				return nil, qr.ErrNoCode
			}
			return e.codes, nil
		},
	}
}

func (e *eyes) Next(ctx context.Context) (image.Image, error) {
	if e.frameErr != nil {
		return nil, e.frameErr
	}
	e.frames++
	return slope(), ctx.Err()
}

func (e *eyes) Close() error {
	e.closed++
	return nil
}

// slope is a picture that is dark on the left and light on the right.
func slope() image.Image {
	img := image.NewGray(image.Rect(0, 0, 320, 240))
	for i := range img.Pix {
		img.Pix[i] = uint8(i % 320 * 255 / 320)
	}
	return img
}

func codePicture(t *testing.T, texts ...string) image.Image {
	t.Helper()
	all := image.NewGray(image.Rect(0, 0, 400*max(1, len(texts)), 400))
	draw.Draw(all, all.Bounds(), image.White, image.Point{}, draw.Src)
	for i, text := range texts {
		code, err := qr.Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		data, err := code.PNG(5)
		if err != nil {
			t.Fatal(err)
		}
		one, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		draw.Draw(all, one.Bounds().Add(image.Pt(400*i+20, 20)), one, image.Point{}, draw.Src)
	}
	return all
}

func asPNG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Links of two servers; the account is of the first.
const (
	ownLink   = "HTTPS://HAM.EXAMPLE/Q/ABCDEFGHABCDEFGH"
	otherOwn  = "HTTPS://HAM.EXAMPLE/Q/ZYXWVUTSZYXWVUTS"
	strange   = "HTTPS://ELSEWHERE.EXAMPLE/Q/ABCDEFGHABCDEFGH"
	strangeOf = "HTTPS://OTHER.EXAMPLE/Q/ABCDEFGHABCDEFGH"
)

func TestWaysToGetACodeIn(t *testing.T) {
	names := []string{"~/Pictures/Screenshot from 2026-11-21.png", "~/Pictures/Screenshot 2.png", "~/Pictures/Old/"}
	for name, steps := range map[string]func(d *driver){
		"scan-home":      func(*driver) {},
		"scan-help":      func(d *driver) { d.keys("?") },
		"scan-complete":  func(d *driver) { d.eyes.options = map[string][]string{"~/P": names}; d.keys("~/P", "tab") },
		"scan-clipboard": func(d *driver) { d.eyes.hang = true; d.keys("ctrl+v") },
		"scan-no-tool": func(d *driver) {
			d.eyes.err = &capture.Error{Reason: "The clipboard cannot be read: install xclip, or paste with the terminal's own keys."}
			d.keys("ctrl+v")
		},
		"scan-pasted":  func(d *driver) { d.eyes.content.Text = "https://shop.example/"; d.keys("ctrl+v") },
		"scan-screen":  func(d *driver) { d.eyes.hang = true; d.keys("ctrl+s") },
		"scan-no-code": func(d *driver) { d.eyes.screens = []image.Image{codePicture(d.t)}; d.keys("ctrl+s") },
		"scan-which":   func(d *driver) { d.eyes.screens = []image.Image{codePicture(d.t, ownLink, otherOwn)}; d.keys("ctrl+s") },
		"scan-strangers": func(d *driver) {
			d.eyes.screens = []image.Image{codePicture(d.t, strange, strangeOf)}
			d.keys("ctrl+s", "j")
		},
		"scan-not-ours": func(d *driver) { d.watch("Screenshot.png", codePicture(d.t)) },
		"scan-opening":  func(d *driver) { d.eyes.hang = true; d.keys("ctrl+o") },
		"scan-no-camera": func(d *driver) {
			d.eyes.openErr = &capture.Error{Reason: "There is no camera. Plug one in."}
			d.keys("ctrl+o")
		},
		"scan-camera":     func(d *driver) { d.keys("ctrl+o"); d.pass(2) },
		"scan-camera-not": func(d *driver) { d.eyes.codes = []qr.Found{{Text: "WIFI:S:home;;"}}; d.keys("ctrl+o"); d.pass(1) },
		"scan-camera-asking": func(d *driver) {
			d.eyes.codes = []qr.Found{{Text: ownLink, Corners: [4]image.Point{{80, 60}, {240, 60}, {240, 180}, {80, 180}}}}
			d.fake.hang = true
			d.keys("ctrl+o")
			d.pass(1)
		},
	} {
		for _, language := range languages {
			t.Run(name+"-"+language, func(t *testing.T) {
				drive(t, false, func(d *driver) {
					d.fake.lived()
					d.fake.language = language
					d.changed()
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

// watch has a picture come into the watched folder.
func (d *driver) watch(name string, img image.Image) {
	d.t.Helper()
	path := filepath.Join(d.t.TempDir(), name)
	if err := os.WriteFile(path, asPNG(d.t, img), 0o600); err != nil {
		d.t.Fatal(err)
	}
	d.send(watchedMsg{path: path})
}

func TestACodeIsLookedAtWhereverItComesFrom(t *testing.T) {
	for name, steps := range map[string]func(d *driver){
		"the clipboard's text":    func(d *driver) { d.eyes.content.Text = ownLink; d.keys("ctrl+v") },
		"the clipboard's picture": func(d *driver) { d.eyes.content.Image = asPNG(d.t, codePicture(d.t, ownLink)); d.keys("ctrl+v") },
		"the second screen": func(d *driver) {
			d.eyes.screens = []image.Image{codePicture(d.t), codePicture(d.t, ownLink)}
			d.keys("ctrl+s")
		},
		"beside another server's": func(d *driver) { d.eyes.screens = []image.Image{codePicture(d.t, strange, ownLink)}; d.keys("ctrl+s") },
		"the same on two screens": func(d *driver) {
			p := codePicture(d.t, ownLink)
			d.eyes.screens = []image.Image{p, p}
			d.keys("ctrl+s")
		},
		"chosen of two": func(d *driver) {
			d.eyes.screens = []image.Image{codePicture(d.t, ownLink, otherOwn)}
			d.keys("ctrl+s", "j", "enter")
		},
		"the camera": func(d *driver) { d.eyes.codes = []qr.Found{{Text: ownLink}}; d.keys("ctrl+o") },
		"the camera, after others": func(d *driver) {
			d.eyes.codes = []qr.Found{{Text: "hello"}, {Text: strange}, {Text: ownLink}}
			d.keys("ctrl+o")
		},
		"the watched folder": func(d *driver) { d.watch("a.png", codePicture(d.t, ownLink)) },
	} {
		t.Run(name, func(t *testing.T) {
			drive(t, false, func(d *driver) {
				steps(d)
				want[*consent](d)
			})
		})
	}
}

func TestTheCameraIsLetGo(t *testing.T) {
	for name, leave := range map[string]func(d *driver){
		"by Esc":    func(d *driver) { d.keys("esc"); want[*home](d) },
		"by a code": func(d *driver) { d.eyes.codes = []qr.Found{{Text: ownLink}}; d.pass(1); want[*consent](d) },
		"by a choice": func(d *driver) {
			d.eyes.codes = []qr.Found{{Text: ownLink}, {Text: otherOwn}}
			d.pass(1)
			want[*menu](d)
		},
	} {
		t.Run(name, func(t *testing.T) {
			drive(t, false, func(d *driver) {
				d.keys("ctrl+o")
				d.pass(3)
				if d.eyes.frames < 3 || d.eyes.closed != 0 {
					t.Fatalf("%d pictures, closed %d times", d.eyes.frames, d.eyes.closed)
				}
				leave(d)
				frames := d.eyes.frames
				d.pass(3)
				if d.eyes.closed != 1 || d.eyes.frames != frames {
					t.Errorf("closed %d times, and %d pictures more", d.eyes.closed, d.eyes.frames-frames)
				}
			})
		})
	}
}

func TestTheCameraAsksTheServerOnceForEachCode(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.eyes.codes = []qr.Found{{Text: strange}}
		d.keys("ctrl+o")
		d.pass(5)
		want[*scan](d)
		if screen := d.root.View(); !strings.Contains(screen, "elsewhere.example") {
			t.Errorf("another server's code is not explained:\n%s", screen)
		}
		frames := d.eyes.frames
		d.pass(2)
		if d.eyes.frames == frames {
			t.Error("the camera stands still")
		}
		d.eyes.frameErr = &capture.Error{Reason: "The camera was taken away."}
		d.pass(2)
		if screen := d.root.View(); !strings.Contains(screen, "taken away") {
			t.Errorf("%s", screen)
		}
		d.eyes.frameErr, d.eyes.codes = nil, []qr.Found{{Text: ownLink}}
		d.keys("enter")
		d.pass(1)
		want[*consent](d)
	})
}

func TestTheCameraAsksAgainWhenTheServerWasAway(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.eyes.codes = []qr.Found{{Text: ownLink}}
		d.fake.askErr = fmt.Errorf("cannot reach it%.0w", client.ErrUnreachable)
		d.keys("ctrl+o")
		d.pass(2)
		want[*scan](d)
		if !strings.Contains(d.root.View(), "Cannot reach it") {
			t.Errorf("%s", d.root.View())
		}
		d.fake.askErr = nil
		d.pass(1)
		want[*scan](d)
		d.pass(5)
		want[*consent](d)
	})
}

func TestTheCameraShowsTenPicturesASecondAtMost(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.keys("ctrl+o")
		before := d.eyes.frames
		for range 100 {
			time.Sleep(10 * time.Millisecond)
			d.settle()
		}
		if shown := d.eyes.frames - before; shown < 8 || shown > 10 {
			t.Errorf("%d pictures a second", shown)
		}
	})
}

func TestThatAFolderIsWatchedIsShown(t *testing.T) {
	for _, signedOut := range []bool{false, true} {
		drive(t, signedOut, func(d *driver) {
			d.root.app.watched = "/home/ada/Screenshots"
			if view := d.root.View(); !strings.Contains(view, "New pictures in /home/ada/Screenshots are looked at.") {
				t.Errorf("\n%s", view)
			}
			d.send(watchedMsg{err: errors.New("gone")})
			if view := d.root.View(); strings.Contains(view, "are looked at") {
				t.Errorf("\n%s", view)
			}
		})
	}
}

// TestWithoutADesktopTheTerminalIsAsked: it may take its time, or never answer.
func TestWithoutADesktopTheTerminalIsAsked(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.root.app.sources.desktop = func() bool { return false }
		d.root.app.sources.clipboard = func(ctx context.Context) (capture.Content, error) {
			<-ctx.Done()
			return capture.Content{}, ctx.Err()
		}
		d.keys("ctrl+v")
		if view := d.root.View(); !strings.Contains(view, "There is no desktop here: asking the terminal") {
			t.Errorf("\n%s", view)
		}
	})
}

func TestAWatchedPictureDisturbsNobody(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.keys("x")
		d.watch("a.png", codePicture(t, ownLink))
		want[*home](d)
		d.keys("esc", "?")
		d.root.help = false
		d.fake.lived()
		d.keys("1")
		d.watch("a.png", codePicture(t, ownLink))
		want[*list](d)
		d.keys("0")
		d.send(watchedMsg{err: errors.New("gone")})
		if !strings.Contains(d.root.View(), "Gone.") {
			t.Error("that the folder is not watched any more is not said")
		}
	})
}

func TestTabCompletesAsFarAsThereIsOneWay(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.eyes.options = map[string][]string{
			"~/":       {"~/é1.png", "~/é2.png"},
			"~/é1":     {"~/é1.png"},
			"Pictures": {"Pictures/"},
		}
		d.keys("~/", "tab")
		value := func() string { return d.root.screen.(*home).entry.input.Value() }
		if value() != "~/é" || !strings.Contains(d.root.View(), "é1.png   é2.png") {
			t.Errorf("%q:\n%s", value(), d.root.View())
		}
		d.keys("1", "tab")
		if value() != "~/é1.png" || strings.Contains(d.root.View(), "é2.png") {
			t.Errorf("%q:\n%s", value(), d.root.View())
		}
		d.keys("tab")
		if value() != "~/é1.png" {
			t.Errorf("%q", value())
		}
		d.keys("esc", "Pictures", "tab")
		if value() != "Pictures/" {
			t.Errorf("%q", value())
		}
		// An empty field leaves the key to the menu.
		d.keys("esc", "tab")
		if d.root.screen.(*home).focus != 1 {
			t.Error("the cursor is not in the menu")
		}
	})
}

func TestWhatIsTypedStaysWhereItIs(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.eyes.content.Text = ownLink
		d.keys("x", "ctrl+v")
		want[*home](d) // a paste into a text looks at nothing
		d.keys("esc")
		d.eyes.hang = true
		d.keys("ctrl+s", "esc")
		if d.root.screen.(*home).entry.try != nil {
			t.Error("Esc does not stop the screenshot")
		}
	})
}

func TestNoSizeBreaksAScan(t *testing.T) {
	everySize(t, "en", func(d *driver) {
		d.eyes.codes = []qr.Found{{Text: "https://" + strings.Repeat("very-", 10) + "long.example/"}}
		d.keys("ctrl+o")
		d.pass(1)
	})
}

func TestTheFrameIsDrawnRoundTheCode(t *testing.T) {
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(termenv.TrueColor)
	small := shrunk(slope(), 20, 20)
	corners := []image.Point{{200, 200}, {800, 200}, {800, 800}, {200, 800}}
	framed := framedPicture(small, corners)
	var green []image.Point
	for y := range 20 {
		for x := range 20 {
			if framed.RGBAAt(x, y) == frameColour {
				green = append(green, image.Pt(x, y))
			}
		}
	}
	if len(green) != 48 || !slices.Contains(green, image.Pt(4, 4)) || !slices.Contains(green, image.Pt(16, 16)) || slices.Contains(green, image.Pt(10, 10)) {
		t.Errorf("%d points: %v", len(green), green)
	}
	if small.RGBAAt(4, 4) == frameColour {
		t.Error("the picture itself is painted over")
	}
	// Corners outside of the picture break nothing.
	framedPicture(small, []image.Point{{-5000, -5000}, {9000, 10}, {9000, 9000}})
	if lines := newStyles(renderer).blocks(framed, 20, 10); len(lines) != 10 || !strings.Contains(lines[2], "46;224;110") {
		t.Errorf("%q", lines)
	}
}
