//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/tui/client"
)

// walk is a recorded way through the app: screens, and how long each stays.
type walk struct {
	*terminal
	scenes []scene
}

type scene struct {
	name   string // of its still picture; empty for none
	screen string // with the terminal's own codes for colours
	stays  time.Duration
}

// take records the screen as it is now.
func (w *walk) take(name string, stays time.Duration) {
	w.t.Helper()
	w.scenes = append(w.scenes, scene{name, strings.TrimRight(w.ask("capture-pane", "-e", "-p"), "\n"), stays})
}

// TestAWalkThroughTheApp goes through the app as the README shows it. With
// HAM_WALK, a folder, it writes walk.cast (asciinema), walk.svg, which moves,
// and a still picture of the main screens.
func TestAWalkThroughTheApp(t *testing.T) {
	need(t, "tmux")
	s := newStand(t).signIn()
	for _, name := range []string{"Mensa", "Sports Hall", "大学図書館"} {
		phone := s.AnotherPhone(s.user)
		s.Code(s.AddApp(func(c *server.Client) { c.Name = name }), phone)
		if err := phone.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s.AnotherPhone(s.user)
	phone, err := client.Load(client.Options{Dir: s.config})
	if err != nil {
		t.Fatal(err)
	}
	me, err := phone.Me(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range me.Notices {
		if err := phone.SeeNotice(t.Context(), n.ID); err != nil {
			t.Fatal(err)
		}
	}
	d := s.desktop()
	const beat = 400 * time.Millisecond
	w := &walk{terminal: openTerminal(t, 80, 24)}
	w.run("COLORTERM=truecolor LANG=C.UTF-8 ham app --config " + s.config)
	w.shows("Scan a code", "8 More")
	w.take("home", 4*beat)
	w.paste(d.page.Link)
	w.shows("│ HTTP")
	w.take("", 3*beat)
	w.keys("Enter")
	w.shows("Number on the desktop", "Nickname: Lin")
	w.take("consent", 6*beat)
	number := strconv.Itoa(d.until("claimed").Number)
	for i := range number {
		w.types(number[i : i+1])
		w.shows("[ " + strings.Join(strings.Split((number[:i+1] + "__")[:2], ""), " ") + " ]")
		w.take("", beat)
	}
	w.keys("Enter")
	w.shows("Approved")
	w.take("", 3*beat)
	d.finish()
	w.shows("Signed in")
	w.take("", 4*beat)
	w.keys("Enter")
	w.shows("Scan a code")
	w.types("1")
	w.shows("Apps that know you", "Campus Library")
	w.take("apps", 5*beat)
	w.types("j")
	w.shows("▸ Mensa")
	w.take("", 2*beat)
	w.types("x")
	w.shows("Mensa: access ends in")
	w.take("", 3*beat)
	w.types("u")
	w.shows("2 of 4")
	w.take("", 3*beat)
	w.types("/")
	for _, typed := range []string{"図", "書"} {
		w.types(typed)
		w.shows(typed)
		w.take("", beat)
	}
	w.keys("Enter")
	w.shows("大学図書館")
	w.take("", 3*beat)
	w.types("2")
	w.shows("Ham apps", "this one", "test phone")
	w.take("", 4*beat)
	w.types("5")
	w.shows("What happened", "Signed in to")
	w.take("activity", 5*beat)
	w.types("8")
	w.shows("Browsers may ask this app")
	w.take("", 3*beat)
	w.keys("Enter")
	w.shows("as the terminal says", "日本語")
	w.keys("Up")
	w.shows("▸ 日本語")
	w.take("", 3*beat)
	w.keys("Enter")
	w.shows("その他")
	w.take("", 3*beat)
	w.types("1")
	w.shows("あなたを知るアプリ", "見える内容")
	w.take("apps-ja", 6*beat)
	w.keys("C-c")
	w.ended(0)
	if dir := os.Getenv("HAM_WALK"); dir != "" {
		w.write(dir)
	}
}

func (w *walk) write(dir string) {
	w.t.Helper()
	files := map[string]string{"walk.cast": w.cast(), "walk.svg": movie(w.scenes)}
	for _, s := range w.scenes {
		if s.name != "" {
			files["app-"+s.name+".svg"] = still(s.screen)
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
}

// cast is the walk in asciinema's format, version 2: each scene draws the
// screen anew.
func (w *walk) cast() string {
	var b strings.Builder
	line := func(v any) {
		text, err := json.Marshal(v)
		if err != nil {
			w.t.Fatal(err)
		}
		b.Write(append(text, '\n'))
	}
	line(map[string]any{"version": 2, "width": 80, "height": 24, "title": "The Ham app"})
	at := time.Duration(0)
	for _, s := range w.scenes {
		line([]any{at.Seconds(), "o", "\x1b[H\x1b[2J" + strings.ReplaceAll(s.screen, "\n", "\r\n")})
		at += s.stays
	}
	line([]any{at.Seconds(), "o", ""})
	return b.String()
}

// The cells of the pictures, in pixels.
const (
	cellWidth  = 8.4
	cellHeight = 18.0
	margin     = 14.0
)

// still is one screen as an SVG.
func still(screen string) string {
	return picture(`<g>` + drawing(screen) + `</g>`)
}

// movie is the scenes one after the other, for ever.
func movie(scenes []scene) string {
	total := time.Duration(0)
	for _, s := range scenes {
		total += s.stays
	}
	var style, body strings.Builder
	at := time.Duration(0)
	for i, s := range scenes {
		from, to := 100*float64(at)/float64(total), 100*float64(at+s.stays)/float64(total)
		hidden := ""
		if i > 0 {
			hidden = fmt.Sprintf("0%%{visibility:hidden}%.3f%%{visibility:hidden}", from-0.001)
		}
		fmt.Fprintf(&style, "@keyframes s%d{%s%.3f%%{visibility:visible}%.3f%%{visibility:visible}%.3f%%,100%%{visibility:hidden}}\n", i, hidden, from, to-0.001, min(to, 99.999))
		fmt.Fprintf(&style, ".s%d{visibility:hidden;animation:s%d %.1fs step-end infinite}\n", i, i, total.Seconds())
		fmt.Fprintf(&body, `<g class="s%d">%s</g>`, i, drawing(s.screen))
		at += s.stays
	}
	return picture("<style>" + style.String() + "</style>" + body.String())
}

func picture(body string) string {
	width, height := 80*cellWidth+2*margin, 24*cellHeight+2*margin
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14"><rect width="100%%" height="100%%" rx="10" fill="#10161d"/>`, width, height) + body + "</svg>\n"
}
