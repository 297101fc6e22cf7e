//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"hamconnect/qr"
)

// TestWaysToScan tells of the ways in which a code comes into the app, each a
// whole sign-in in a real terminal.
func TestWaysToScan(t *testing.T) {
	t.Parallel()
	need(t, "tmux")
	for name, story := range map[string]func(*testing.T){
		"a file is dropped on the terminal": dropAFile,
		"a path is typed with Tab":          typeAPath,
		"a picture in the clipboard":        pasteAPicture,
		"a screenshot of a real browser":    shootTheScreen,
		"the clipboard of the terminal":     askTheTerminal,
		"a film in place of a camera":       filmTheCode,
		"a folder is watched":               watchAFolder,
		"the first run, by a camera":        enrolByCamera,
		"the first run, by the clipboard":   enrolByClipboard,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t)
		})
	}
}

// codeImage is a page with the code of a link on it.
func codeImage(t *testing.T, link string) image.Image {
	t.Helper()
	code, err := qr.Encode(link)
	if err != nil {
		t.Fatal(err)
	}
	data, err := code.PNG(6)
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	page := image.NewGray(image.Rect(0, 0, 640, 480))
	draw.Draw(page, page.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(page, drawn.Bounds().Add(image.Pt(120, 60)), drawn, image.Point{}, draw.Src)
	return page
}

func savePNG(t *testing.T, path string, img image.Image) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// approves types the number, and waits until the desktop has gone on.
func (term *terminal) approves(s *stand, d desktop) {
	term.t.Helper()
	term.shows("Campus Library", "Number on the desktop")
	term.types(strconv.Itoa(d.until("claimed").Number))
	term.keys("Enter")
	term.shows("Approved")
	d.until("approved")
	if location := d.finish(); !strings.HasPrefix(location, s.app.RedirectURI+"?code=") {
		term.t.Errorf("the browser lands at %s", location)
	}
	term.shows("Signed in")
}

func dropAFile(t *testing.T) {
	s := newStand(t).signIn()
	d := s.desktop()
	dir := t.TempDir()
	savePNG(t, filepath.Join(dir, "my shot (1).png"), codeImage(t, d.page.Link))
	term := openTerminal(t, 80, 24)
	term.run("ham app --config " + s.config)
	term.shows("Scan a code", "ctrl+s screen")
	// What cannot be right is explained, and the next drop works.
	term.paste("file:///no/such%20picture.png")
	term.keys("Enter")
	term.shows("There is no picture of this name")
	term.keys("Escape")
	term.shows("link or path of a picture")
	term.paste("'file://" + dir + "/my%20shot%20(1).png' ")
	term.keys("Enter")
	term.approves(s, d)
	term.keys("C-c")
	term.ended(0)
}

func typeAPath(t *testing.T) {
	s := newStand(t).signIn()
	d := s.desktop()
	dir := t.TempDir()
	savePNG(t, filepath.Join(dir, "Screenshot from today.png"), codeImage(t, d.page.Link))
	savePNG(t, filepath.Join(dir, "Screenshot of old.png"), codeImage(t, d.page.Link))
	term := openTerminal(t, 200, 40)
	term.run("ham app --config " + s.config)
	term.shows("Scan a code")
	term.types(dir + "/Scr")
	term.keys("Tab")
	term.shows(dir[max(0, len(dir)-20):]+"/Screenshot", "Screenshot from today.png", "Screenshot of old.png")
	term.types("f")
	term.keys("Tab")
	term.shows("/Screenshot from today.png")
	term.keys("Enter")
	term.approves(s, d)
	term.keys("C-c")
	term.ended(0)
}

// startX starts an X server with one screen, and gives its name.
func startX(t *testing.T) string {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	cmd := exec.Command(need(t, "Xvfb"), "-displayfd", "3", "-screen", "0", "1300x1000x24", "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{writer}
	endWithUs(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	writer.Close()
	var number int
	if _, err := fmt.Fscanln(reader, &number); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(":", number)
}

// copies puts something in the clipboard of an X server.
func copies(t *testing.T, display, kind string, data []byte) {
	t.Helper()
	cmd := exec.Command(need(t, "xclip"), "-selection", "clipboard", "-target", kind, "-in")
	cmd.Env = append(os.Environ(), "DISPLAY="+display)
	cmd.Stdin = bytes.NewReader(data)
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
}

func pasteAPicture(t *testing.T) {
	need(t, "xclip")
	display := startX(t)
	s := newStand(t).signIn()
	d := s.desktop()
	var b bytes.Buffer
	if err := png.Encode(&b, codeImage(t, d.page.Link)); err != nil {
		t.Fatal(err)
	}
	term := openTerminal(t, 80, 24)
	term.run("DISPLAY=" + display + " ham app --config " + s.config)
	term.shows("Scan a code")
	term.keys("C-v")
	term.shows("The clipboard is empty")
	copies(t, display, "UTF8_STRING", []byte("https://shop.example/\n"))
	term.keys("C-v")
	term.shows("a link to shop.example, and no Ham sign-in")
	term.keys("Escape")
	term.shows("link or path of a picture")
	copies(t, display, "image/png", b.Bytes())
	term.keys("C-v")
	term.approves(s, d)
	term.keys("C-c")
	term.ended(0)

	// A script's way.
	d = s.desktop()
	copies(t, display, "UTF8_STRING", []byte(d.page.Link))
	p, err := startProcess(append(os.Environ(), "DISPLAY="+display, "WAYLAND_DISPLAY="), t.TempDir(), "ham", "approve", "--from", "clipboard", "--number", "-", "--json", "--config", s.config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	p.answer(t, d.until("claimed").Number)
	d.until("approved")

	// And a rule's.
	copies(t, display, "UTF8_STRING", []byte("nothing of ours"))
	rules := filepath.Join(t.TempDir(), "rules.toml")
	if err := os.WriteFile(rules, []byte("[[rule]]\nclient_id = \""+s.app.ID+"\"\naction = \"allow\"\nleave_out = [\"is_student\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err = startProcess(append(os.Environ(), "DISPLAY="+display, "WAYLAND_DISPLAY="), t.TempDir(),
		"ham", "watch", "--from", "clipboard", "--rules", rules, "--number", "-", "--once", "--config", s.config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	eventually(t, "the watch", func() (string, bool) {
		return p.output.String(), strings.Contains(p.output.String(), `"event":"ready"`)
	})
	d = s.desktop()
	copies(t, display, "UTF8_STRING", []byte(d.page.Link))
	if _, err := fmt.Fprintln(p.stdin, d.until("claimed").Number); err != nil {
		t.Fatal(err)
	}
	if v := d.until("approved"); len(v.Scopes) != 1 {
		t.Errorf("granted: %v", v.Scopes)
	}
}

// askTheTerminal has no desktop, as over ssh: tmux is the terminal that tells
// its clipboard (OSC 52), or does not.
func askTheTerminal(t *testing.T) {
	s := newStand(t).signIn()
	d := s.desktop()
	term := openTerminal(t, 80, 24)
	term.run("ham app --config " + s.config)
	term.shows("Scan a code")
	term.do("set-option", "-s", "set-clipboard", "off")
	term.keys("C-v")
	term.shows("There is no desktop here: asking the terminal for its clipboard")
	term.shows("no desktop whose clipboard could be read")
	term.do("set-option", "-s", "set-clipboard", "on")
	term.do("set-buffer", "--", d.page.Link)
	term.keys("C-v")
	term.approves(s, d)
	term.keys("C-c")
	term.ended(0)
}

func shootTheScreen(t *testing.T) {
	display := startX(t)
	demo := startDemo(t)
	term := openTerminal(t, 100, 30)
	term.run("DISPLAY=" + display + " ham app --config " + demo.config)
	term.shows("Scan a code")
	term.keys("C-s")
	term.shows("The screenshot is black")

	b := openTab(t, startChromium(t, chromedp.Flag("headless", false), chromedp.Env("DISPLAY="+display, "WAYLAND_DISPLAY=")), "")
	b.signIn(demo.app)
	b.state("waiting")
	eventually(t, "the socket", func() (string, bool) {
		return demo.output.String(), strings.Contains(demo.output.String(), "The page connected")
	})
	b.until("the code", `document.querySelector('[data-testid=qr]')?.dataset.link ?? ''`)
	eventually(t, "the code to be on the screen", func() (string, bool) { // it is drawn a little after it is there
		screen := term.screen()
		if !strings.Contains(screen, "Taking a screenshot") && !strings.Contains(screen, "Number on the desktop") {
			term.keys("C-s")
		}
		return screen, strings.Contains(screen, "Number on the desktop")
	})
	b.state("claimed")
	term.types(strconv.Itoa(b.number()))
	term.keys("Enter")
	term.shows("Signed in")
	b.greeted("Lin")
	term.keys("Enter")
	term.shows("Scan a code")
	term.keys("C-s") // the page has gone on
	term.shows("There is no QR code on the screen")
	term.keys("C-c")
	term.ended(0)
}

// makeFilm writes pictures as a camera sends them: nothing first, and then the code.
func makeFilm(t *testing.T, link string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "camera.mjpeg")
	blank := image.NewGray(image.Rect(0, 0, 640, 480))
	code := codeImage(t, link)
	var film bytes.Buffer
	for i := range 60 {
		picture := image.Image(blank)
		if i >= 25 {
			picture = code
		}
		if err := jpeg.Encode(&film, picture, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, film.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func filmTheCode(t *testing.T) {
	s := newStand(t).signIn()
	d := s.desktop()
	term := openTerminal(t, 80, 24)
	term.run("ham app --config " + s.config + " --camera /no/such.mjpeg")
	term.shows("Scan a code")
	term.keys("C-o")
	term.shows("There is no film of this name", "enter tries again")
	term.keys("Escape")
	term.shows("Scan a code")
	term.keys("C-c")
	term.ended(0)
	term.run("clear; ham app --config " + s.config + " --camera " + makeFilm(t, d.page.Link))
	term.shows("Scan a code")
	term.keys("C-o")
	term.shows("Hold the code before the camera")
	term.approves(s, d)
	term.keys("C-c")
	term.ended(0)

	// A script's way.
	d = s.desktop()
	p, err := startProcess(os.Environ(), t.TempDir(), "ham", "approve", "--from", "camera:"+makeFilm(t, d.page.Link), "--number", "-", "--json", "--config", s.config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	p.answer(t, d.until("claimed").Number)
	d.until("approved")
}

func watchAFolder(t *testing.T) {
	s := newStand(t).signIn()
	d := s.desktop()
	dir := t.TempDir()
	savePNG(t, filepath.Join(dir, "before.png"), codeImage(t, d.page.Link))
	term := openTerminal(t, 80, 24)
	term.run("ham app --config " + s.config + " --watch " + dir)
	term.shows("Scan a code")
	savePNG(t, filepath.Join(dir, "holiday.png"), image.NewGray(image.Rect(0, 0, 300, 300)))
	term.shows("holiday.png holds no Ham code.")
	savePNG(t, filepath.Join(dir, "shot.png"), codeImage(t, d.page.Link))
	term.approves(s, d)
	term.keys("C-c")
	term.ended(0)
}

// enrolByCamera has what is no enrol link explained first.
func enrolByCamera(t *testing.T) {
	s := newStand(t)
	d := s.desktop()
	dir := t.TempDir()
	savePNG(t, filepath.Join(dir, "sign in.png"), codeImage(t, d.page.Link))
	term := openTerminal(t, 80, 24)
	term.run("ham app --config " + s.config + " --camera " + makeFilm(t, s.link) + " --watch " + dir)
	term.shows("Welcome to Ham", "ctrl+o camera")
	term.types("?")
	term.shows("Keys", "ctrl+s", "any key goes back")
	term.keys("Escape")
	term.shows("Welcome to Ham")
	term.paste("'" + filepath.Join(dir, "sign in.png") + "' ")
	term.keys("Enter")
	term.shows("This is a sign-in code, and no enrol link; sign this device in")
	term.keys("Escape")
	term.shows("https://HOST/enroll/CODE")
	savePNG(t, filepath.Join(dir, "found.png"), codeImage(t, s.link))
	term.shows("found.png holds an enrol link. Press enter to use it.", s.URL+"/enroll/")
	term.keys("Escape")
	term.shows("https://HOST/enroll/CODE")
	term.keys("C-o")
	term.shows("Hold the code before the camera")
	term.shows("Scan a code", "This device is signed in.", "Lin ·")
	term.paste(filepath.Join(dir, "sign in.png"))
	term.keys("Enter")
	term.approves(s, d)
	term.keys("C-c")
	term.ended(0)
}

func enrolByClipboard(t *testing.T) {
	need(t, "xclip")
	display := startX(t)
	s := newStand(t)
	var b bytes.Buffer
	if err := png.Encode(&b, codeImage(t, s.link)); err != nil {
		t.Fatal(err)
	}
	term := openTerminal(t, 40, 20)
	term.run("DISPLAY=" + display + " ham app --config " + s.config)
	term.shows("Welcome to Ham")
	term.keys("C-s")
	term.shows("The screenshot is black")
	copies(t, display, "image/png", b.Bytes())
	term.keys("C-v")
	term.shows("Scan a code", "This device is signed in.")
	term.keys("C-c")
	term.ended(0)
}

// TestApproveTakesACodeFromOneSource checks the ways to say so.
func TestApproveTakesACodeFromOneSource(t *testing.T) {
	s := newStand(t).signIn()
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"another word":             {[]string{"--from", "printer"}, exitUsage, "--from takes"},
		"a link, too":              {[]string{"--from", "screen", "https://ham.example/q/ABC"}, exitUsage, "not both"},
		"nothing":                  {nil, exitUsage, "give a link"},
		"no screen":                {[]string{"--from", "screen"}, exitLink, "no screen"},
		"no clipboard":             {[]string{"--from", "clipboard"}, exitLink, "no desktop"},
		"no film":                  {[]string{"--from", "camera:/no/such.mjpeg"}, exitLink, "no film"},
		"another server's picture": {[]string{"--from", "camera:" + makeFilm(t, "HTTPS://ELSEWHERE.EXAMPLE/Q/ABCDEFGHABCDEFGH")}, exitLink, "elsewhere.example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(context.Background(), "ham", append([]string{"approve", "--config", s.config}, c.args...)...)
			cmd.Env = append(os.Environ(), "DISPLAY=", "WAYLAND_DISPLAY=", "XDG_SESSION_TYPE=")
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.says) {
				t.Errorf("it ends with %d, not %d, and says:\n%s", code, c.code, out)
			}
		})
	}
}
