//go:build linux

package capture

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// portal is a desktop's portal that answers as it is told.
type portal struct {
	conn   *dbus.Conn
	code   uint32
	result map[string]dbus.Variant
	early  bool // the answer comes before the call's own
	silent bool
}

// Screenshot is called over the bus.
func (p *portal) Screenshot(sender dbus.Sender, _ string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	token, _ := options["handle_token"].Value().(string)
	path := dbus.ObjectPath("/org/freedesktop/portal/desktop/request/" + strings.ReplaceAll(strings.TrimPrefix(string(sender), ":"), ".", "_") + "/" + token)
	answer := func() { _ = p.conn.Emit(path, portalRequest+".Response", p.code, p.result) }
	switch {
	case p.silent:
	case p.early:
		answer()
	default:
		time.AfterFunc(50*time.Millisecond, answer)
	}
	return path, nil
}

// startBus starts a session bus with p as the portal on it.
func startBus(t *testing.T, p *portal) {
	t.Helper()
	daemon, err := exec.LookPath("dbus-daemon")
	switch {
	case err != nil && os.Getenv("CI") != "":
		t.Fatal("dbus-daemon is not installed, and in CI no test is left out")
	case err != nil:
		t.Skip("dbus-daemon is not installed")
	}
	cmd := exec.Command(daemon, "--session", "--nofork", "--print-address")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
	if p == nil {
		return
	}
	if p.conn, err = dbus.ConnectSessionBus(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.conn.Close() })
	if err := p.conn.Export(p, portalPath, "org.freedesktop.portal.Screenshot"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.conn.RequestName(portalName, 0); err != nil {
		t.Fatal(err)
	}
}

func TestTheDesktopsPortalGivesAScreenshot(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 40, 30))
	img.SetGray(3, 3, color.Gray{Y: 200})
	var data bytes.Buffer
	if err := png.Encode(&data, img); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		portal portal
		uri    string // of a file in a folder of the test, or anything else
		says   string
	}{
		"a file":            {portal{}, "shot one.png", ""},
		"an early answer":   {portal{early: true}, "shot one.png", ""},
		"not allowed":       {portal{code: 1}, "", "Allow it"},
		"broken":            {portal{code: 2}, "", "code 2"},
		"no file":           {portal{}, "", "no file"},
		"a file elsewhere":  {portal{}, "http://192.0.2.1/a.png", "no file"},
		"a device":          {portal{}, "file:///dev/zero", "is no file"},
		"a file not there":  {portal{}, "file:///no/such.png", "no such file"},
		"another's answer":  {portal{silent: true}, "", "deadline"},
		"no portal at all":  {portal{}, "none", "org.freedesktop"},
		"what is no link":   {portal{}, "5", "no file"},
		"a damaged picture": {portal{}, "damaged.png", "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			shot := filepath.Join(dir, c.uri)
			p := &c.portal
			p.result = map[string]dbus.Variant{}
			switch {
			case strings.HasSuffix(c.uri, ".png") && !strings.Contains(c.uri, "/"):
				content := data.Bytes()
				if c.uri == "damaged.png" {
					content = content[:40]
				}
				if err := os.WriteFile(shot, content, 0o600); err != nil {
					t.Fatal(err)
				}
				p.result["uri"] = dbus.MakeVariant("file://" + strings.ReplaceAll(shot, " ", "%20"))
			case c.uri != "":
				p.result["uri"] = dbus.MakeVariant(c.uri)
			}
			if c.uri == "none" {
				p = nil
			}
			startBus(t, p)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			got, err := portalScreenshot(ctx)
			switch {
			case c.says == "" && (err != nil || got.Bounds().Dx() != 40):
				t.Errorf("%v, %v", got, err)
			case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
				t.Errorf("the error is %v, and should say %q", err, c.says)
			}
			if _, err := os.Stat(shot); strings.HasPrefix(c.uri, "shot") && !errors.Is(err, os.ErrNotExist) {
				t.Error("the screenshot was left behind")
			}
		})
	}
}

func TestAMacWritesAFileForEachMonitor(t *testing.T) {
	var data bytes.Buffer
	if err := png.Encode(&data, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.png"), data.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	script := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "screencapture"), []byte("#!/bin/sh\nPATH=/bin:/usr/bin\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	t.Setenv("TMPDIR", t.TempDir())
	script(`cp ` + dir + `/a.png "$4"; cp ` + dir + `/a.png "$5"`)
	if got, err := screensOfMac(t.Context()); err != nil || len(got) != 2 {
		t.Errorf("%d monitors, %v", len(got), err)
	}
	script(`exit 1`)
	if _, err := screensOfMac(t.Context()); err == nil || !strings.Contains(err.Error(), "no screenshot") {
		t.Errorf("not allowed: %v", err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) != 0 {
		t.Errorf("%d files are left behind, %v", len(left), err)
	}
}

func TestAppleScriptsWayToWriteBytes(t *testing.T) {
	for text, want := range map[string]string{"«data PNGf8950»\n": "\x89P", "«data PNGf»": "", "«data JPEG8950»": "", "hello": "", "«data PNGf89zz»": ""} {
		got, ok := appleData([]byte(text))
		if ok != (want != "") || ok && string(got) != want {
			t.Errorf("%q: %q, %v", text, got, ok)
		}
	}
}

func TestYUYV(t *testing.T) {
	img, err := fromYUYV([]byte{10, 128, 240, 128, 10, 128, 240, 128}, 2, 2)
	if err != nil || color.GrayModel.Convert(img.At(1, 1)) != (color.Gray{Y: 240}) || color.GrayModel.Convert(img.At(0, 1)) != (color.Gray{Y: 10}) {
		t.Errorf("%v, %v", img, err)
	}
	if _, err := fromYUYV([]byte{1, 2, 3}, 2, 2); err == nil {
		t.Error("too few bytes are a picture")
	}
}
