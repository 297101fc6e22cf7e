//go:build unix

package capture_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hamconnect/qr/capture"
)

// programs puts shell scripts in place of all programs; key is the name.
func programs(t *testing.T, scripts map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\nPATH=/usr/bin:/bin\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	for _, name := range []string{"DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"} {
		t.Setenv(name, "")
	}
}

// need skips the test where a tool is missing, but fails it in CI.
func need(t *testing.T, tool string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") != "":
		t.Fatalf("%s is not installed, and in CI no test is left out", tool)
	default:
		t.Skipf("%s is not installed", tool)
	}
	return ""
}

func wantError(t *testing.T, err error, says string) {
	t.Helper()
	told, ok := errors.AsType[*capture.Error](err)
	if !ok || !strings.Contains(told.Reason, says) {
		t.Errorf("the error is %v (%T), and should say %q", err, err, says)
	}
}

// square is a picture with some colour in it, as a PNG.
func square(t *testing.T, c color.Color) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 40, 30))
	draw.Draw(img, img.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func file(t *testing.T, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "picture.png")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestTheClipboardIsAskedByWhatThereIs(t *testing.T) {
	picture := square(t, color.White)
	cat := "cat " + file(t, picture)
	for name, c := range map[string]struct {
		environment string
		scripts     map[string]string
		text        string // empty: the picture
	}{
		"Wayland, a picture": {"WAYLAND_DISPLAY", map[string]string{
			"wl-paste": `case "$*" in --list-types) echo text/html; echo image/png;; *image/png) ` + cat + `;; *) exit 1;; esac`,
		}, ""},
		"Wayland, a text": {"WAYLAND_DISPLAY", map[string]string{
			"wl-paste": `case "$*" in --list-types) echo text/plain;; *text) printf ' hello\n';; *) exit 1;; esac`,
		}, "hello"},
		"Wayland with no program of it, and X": {"WAYLAND_DISPLAY DISPLAY", map[string]string{
			"xclip": `case "$*" in *TARGETS) echo UTF8_STRING;; *UTF8_STRING) echo hello;; *) exit 1;; esac`,
		}, "hello"},
		"X, a picture": {"DISPLAY", map[string]string{
			"xclip": `case "$*" in *TARGETS) echo TARGETS; echo image/jpeg; echo UTF8_STRING;; *image/jpeg) ` + cat + `;; *) exit 1;; esac`,
		}, ""},
		"X, an old text": {"DISPLAY", map[string]string{
			"xclip": `case "$*" in *TARGETS) echo STRING;; *STRING) echo hello;; esac`,
		}, "hello"},
		"X with xsel": {"DISPLAY", map[string]string{"xsel": "echo hello"}, "hello"},
	} {
		t.Run(name, func(t *testing.T) {
			programs(t, c.scripts)
			for _, variable := range strings.Fields(c.environment) {
				t.Setenv(variable, "0")
			}
			got, err := capture.Clipboard(t.Context())
			if err != nil || got.Text != c.text || c.text == "" && !bytes.Equal(got.Image, picture) {
				t.Errorf("got %d bytes, %q, %v", len(got.Image), got.Text, err)
			}
		})
	}
}

func TestTheClipboardThatGivesNothingSaysWhy(t *testing.T) {
	for name, c := range map[string]struct{ environment, program, script, says string }{
		"no desktop":             {"", "", "", "no desktop"},
		"X without a program":    {"DISPLAY", "", "", "install xclip"},
		"Wayland without one":    {"WAYLAND_DISPLAY", "", "", "install wl-clipboard"},
		"empty":                  {"DISPLAY", "xclip", "echo Error: target TARGETS not available >&2; exit 1", "empty"},
		"an empty text":          {"DISPLAY", "xsel", "", "empty"},
		"an empty picture":       {"DISPLAY", "xclip", `case "$*" in *TARGETS) echo image/png;; esac`, "empty"},
		"a long text":            {"DISPLAY", "xsel", "head -c 70000 /dev/zero | tr '\\0' a", "far too long"},
		"a program that hangs":   {"DISPLAY", "xsel", "exec sleep 60", "no answer"},
		"one whose child hangs":  {"DISPLAY", "xsel", "sleep 6 & sleep 6", "no answer"},
		"one without end":        {"DISPLAY", "xsel", "exec cat /dev/zero", "32 MB"},
		"one that hangs at once": {"WAYLAND_DISPLAY", "wl-paste", "sleep 6", "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			scripts := map[string]string{}
			if c.program != "" {
				scripts[c.program] = c.script
			}
			programs(t, scripts)
			if c.environment != "" {
				t.Setenv(c.environment, "0")
			}
			began := time.Now()
			_, err := capture.Clipboard(t.Context())
			wantError(t, err, c.says)
			if no := c.program == ""; no != errors.Is(err, capture.ErrNoClipboard) {
				t.Errorf("there is no clipboard: %v", !no)
			}
			if took := time.Since(began); took > 8*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestStoppingEndsTheProgramThatIsAsked(t *testing.T) {
	programs(t, map[string]string{"xclip": "exec sleep 60", "grim": "exec sleep 60"})
	for name, ask := range map[string]func(context.Context) error{
		"DISPLAY":         func(ctx context.Context) error { _, err := capture.Clipboard(ctx); return err },
		"WAYLAND_DISPLAY": func(ctx context.Context) error { _, err := capture.Screens(ctx); return err },
	} {
		t.Setenv(name, "0")
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := ask(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAScreenshotOnWayland(t *testing.T) {
	for name, c := range map[string]struct{ script, says string }{
		"by grim":            {"cat " + file(t, square(t, color.White)), ""},
		"a black one":        {"cat " + file(t, square(t, color.Gray{Y: 3})), "black"},
		"grim cannot":        {"echo compositor does not support wlr-screencopy >&2; exit 1", "xdg-desktop-portal"},
		"grim says no end":   {"exec cat /dev/zero", "xdg-desktop-portal"},
		"grim gives no data": {"true", "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			programs(t, map[string]string{"grim": c.script})
			t.Setenv("WAYLAND_DISPLAY", "wayland-0")
			screens, err := capture.Screens(t.Context())
			switch {
			case c.says == "" && (err != nil || len(screens) != 1 || screens[0].Bounds().Dx() != 40):
				t.Errorf("%d screens, %v", len(screens), err)
			case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
				t.Errorf("the error is %v", err)
			}
		})
	}
	programs(t, nil)
	_, err := capture.Screens(t.Context())
	wantError(t, err, "no screen")
	t.Setenv("DISPLAY", ":98765")
	_, err = capture.Screens(t.Context())
	wantError(t, err, "X server")
}

// startX starts an X server and gives its display.
func startX(t *testing.T) string {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	cmd := exec.Command(need(t, "Xvfb"), "-displayfd", "3", "-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{writer}
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

func TestARealXServer(t *testing.T) {
	xclip := need(t, "xclip")
	display := startX(t)
	t.Setenv("WAYLAND_DISPLAY", "")
	t.Setenv("XDG_SESSION_TYPE", "")
	t.Setenv("DISPLAY", display)
	if _, err := capture.Screens(t.Context()); err == nil {
		t.Error("an empty X server's screen is not black")
	} else {
		wantError(t, err, "black")
	}
	_, err := capture.Clipboard(t.Context())
	wantError(t, err, "empty")
	for _, c := range []struct{ kind, data string }{{"image/png", string(square(t, color.White))}, {"UTF8_STRING", "HTTPS://HAM.EXAMPLE/Q/ABC"}} {
		cmd := exec.Command(xclip, "-selection", "clipboard", "-target", c.kind, "-in")
		cmd.Stdin = strings.NewReader(c.data)
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		got, err := capture.Clipboard(t.Context())
		if err != nil || string(got.Image)+got.Text != c.data {
			t.Errorf("%s: %d bytes, %q, %v", c.kind, len(got.Image), got.Text, err)
		}
	}
}
