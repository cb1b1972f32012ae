"""What the Hub, the network and the user's own settings may refuse: each its own line, with the next step."""

import socket
import time
import unittest

import hub_server
from hub_server import GOOD_TOKEN
from support import MODEL, ROOT, HubTestCase


class Access(HubTestCase):
    def test_gated_without_a_token(self):
        self.fail_with("pull", "google/gemma-gated",
                       words=["gated", "no token", f"{self.hub.address}/google/gemma-gated", "HF_TOKEN", "hf auth login"])

    def test_gated_with_a_token_that_has_no_access(self):
        def refuse(handler, where):
            if where != "hub" or "/resolve/" not in handler.path:
                return False
            handler.refuse(403, "GatedRepo", "Access is restricted and you are not in the authorized list.")
            return True

        self.hub.faults.append(refuse)
        self.fail_with("pull", "google/gemma-gated", HF_TOKEN=GOOD_TOKEN,
                       words=["gated", "HF_TOKEN", "accept its licence", "gemmabench auth"])

    def test_a_sweep_stops_before_it_begins(self):
        path = self.home / "config.yaml"
        goldens = ROOT / "Tests/Goldens"
        path.write_text(f"models: ['{goldens}/tiny', google/gemma-gated]\n"
                        f"tasks: [{{type: mmlu, subset: abstract_algebra, shots: 0, data: '{goldens}/tasks/data/mmlu'}}]\n")
        for command in ("run", "plan"):
            self.fail_with(command, str(path), words=["gated", "no token", "HF_TOKEN"])
        self.assertIn("2 cells", self.succeed("plan", str(path), HF_TOKEN=GOOD_TOKEN))
        self.assertFalse([entry for entry in self.hub.log if "/resolve/" in entry["path"]])

    def test_private(self):
        self.fail_with("pull", "someone/private-gemma", words=["no such model", "private", "HF_TOKEN"])
        self.succeed("pull", "someone/private-gemma", HF_TOKEN=GOOD_TOKEN)

    def test_bad_token(self):
        line = self.fail_with("pull", MODEL, HF_TOKEN="hf_wrongwrongwrong", words=["HF_TOKEN", "does not accept"])
        self.assertNotIn("wrongwrong", line)
        line = self.fail_with("auth", HF_TOKEN="hf_wrongwrongwrong", words=["HF_TOKEN", "does not accept"])
        self.assertNotIn("wrongwrong", line)

    def test_token_that_would_be_a_header(self):
        line = self.fail_with("pull", MODEL, HF_TOKEN="hf_secret\r\nX-Evil: 1", words=["HF_TOKEN", "not a token"])
        self.assertNotIn("secret", line)
        self.assertEqual(self.hub.log, [])

    def test_auth(self):
        self.fail_with("auth", words=["no token", "HF_TOKEN", "hf auth login"])
        output = self.succeed("auth", HF_TOKEN=GOOD_TOKEN)
        for word in ("tester", "Terry Tester", "laptop", "HF_TOKEN", "read"):
            self.assertIn(word, output)
        self.assertNotIn(GOOD_TOKEN, output + self.succeed("auth", "--format", "json", HF_TOKEN=GOOD_TOKEN))

    def test_forbidden(self):
        def refuse(handler, where):
            if where == "hub" and "/api/models/" in handler.path:
                handler.send(403, X_Error_Message="Your token lacks a permission")
                return True
            return False

        self.hub.faults.append(refuse)
        self.fail_with("pull", MODEL, HF_TOKEN=GOOD_TOKEN, words=["forbids", "lacks a permission", "HF_TOKEN"])


class Names(HubTestCase):
    def test_no_such_repository(self):
        self.fail_with("pull", "google/gemma-3-1b-itt", words=["no such model", 'did you mean "google/gemma-3-1b-it"'])
        self.fail_with("info", "nobody/nothing", words=["nobody/nothing", "nor a folder"])

    def test_no_such_revision(self):
        self.fail_with("pull", MODEL, "--revision", "v9", words=['"v9"', MODEL])
        self.fail_with("pull", f"{MODEL}@v9", words=['"v9"', MODEL])
        self.fail_with("pull", f"{MODEL}@v9", "--revision", "v1", words=["contradict"])

    def test_no_weights(self):
        self.fail_with("pull", "someone/nothing", words=["weights", "README.md"])

    def test_no_names(self):
        for name in ("", "gemma", "a/b/c", "../../etc/passwd", "google/..", "google/gemma--3", "goo gle/gemma"):
            self.fail_with("pull", name, words=["not the name of a model"])
        self.fail_with("pull", MODEL, "--revision", "../../../etc", words=["revision"])
        self.assertEqual(self.hub.log, [])

    def test_short_name(self):
        self.fail_with("pull", "gemma-3-1b-it", words=["google/gemma-3-1b-it", "no such model"])

    def test_misspelt_folder_asks_no_hub(self):
        self.fail_with("info", "Tests/no-such-folder", words=["Tests/no-such-folder", "no such folder"])
        self.assertEqual(self.hub.log, [])


class Network(HubTestCase):
    def test_offline(self):
        self.fail_with("pull", MODEL, HF_HUB_OFFLINE="1", words=["HF_HUB_OFFLINE"])
        self.fail_with("info", MODEL, HF_HUB_OFFLINE="1",
                       words=[MODEL, str(self.cache), "gemmabench pull", "HF_HUB_OFFLINE"])
        self.assertEqual(self.hub.log, [])
        self.succeed("pull", MODEL)
        before = len(self.hub.log)
        self.succeed("info", MODEL, HF_HUB_OFFLINE="1")
        self.succeed("pull", MODEL, HF_HUB_OFFLINE="1")
        self.assertEqual(len(self.hub.log), before)

    def test_nobody_listens(self):
        with socket.socket() as place:
            place.bind(("127.0.0.1", 0))
            self.fail_with("pull", MODEL, HF_ENDPOINT=f"http://127.0.0.1:{place.getsockname()[1]}",
                           words=["no connection", "https_proxy"])

    def test_name_not_known(self):
        self.fail_with("pull", MODEL, HF_ENDPOINT="http://hub.invalid", words=["hub.invalid", "cannot be resolved"])

    def test_no_tls(self):
        address = self.hub.address.replace("http:", "https:")
        self.fail_with("pull", MODEL, HF_ENDPOINT=address, words=["no secure connection", "ca-certificates"])

    def test_no_address(self):
        self.fail_with("pull", MODEL, HF_ENDPOINT="huggingface.co", words=["HF_ENDPOINT", "https://huggingface.co"])

    def test_silence(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            self.fail_with("pull", MODEL, HF_ENDPOINT=f"http://127.0.0.1:{silent.getsockname()[1]}",
                           HF_HUB_DOWNLOAD_TIMEOUT="1", words=["sent nothing for 1 s"])

    def answers_once(self, status, where="hub", **headers):
        answered = []

        def fault(handler, place):
            if place != where or answered:
                return False
            answered.append(handler.path)
            handler.send(status, b"wait", **headers)
            return True

        self.hub.faults.append(fault)

    def test_too_many_requests(self):
        self.answers_once(429, Retry_After="2")
        start = time.monotonic()
        self.succeed("pull", MODEL)
        self.assertGreater(time.monotonic() - start, 1.9)

    def test_rate_limit_header(self):
        self.answers_once(429, RateLimit='"api";r=0;t=2')
        start = time.monotonic()
        self.succeed("pull", MODEL)
        self.assertGreater(time.monotonic() - start, 1.9)

    def test_too_many_requests_for_long(self):
        self.answers_once(429, Retry_After="3600")
        self.fail_with("pull", MODEL, words=["too many requests", "3600"])

    def test_unwell(self):
        self.answers_once(503)
        self.answers_once(502, where="store")
        self.succeed("pull", MODEL)

    def test_always_unwell(self):
        def unwell(handler, where):
            if where == "hub":
                handler.send(503)
            return where == "hub"

        self.hub.faults.append(unwell)
        self.fail_with("pull", MODEL, words=["503", "retry later"])
        self.assertEqual(len(self.hub.requests("hub")), 5)

    def test_expired_address_of_the_store(self):
        self.answers_once(403, where="store")
        self.succeed("pull", MODEL)


    def test_escape_sequences(self):
        """What a Hub says is shown and never obeyed, in errors, in the account's name, in JSON."""
        evil = "x\x1b[31mRED\x1b]0;title\x07\u202e"

        def account(handler, where):
            if "whoami" not in handler.path:
                return False
            handler.send_json({"name": evil, "fullname": evil, "auth": {"accessToken": {"displayName": evil}}})
            return True

        self.hub.faults.append(account)
        for form in ("text", "json"):
            output = self.succeed("auth", "--format", form, HF_TOKEN=GOOD_TOKEN)
            self.assertIn("RED", output)
            self.assertFalse(set("\x1b\x07\u202e") & set(output))


class Nonsense(HubTestCase):
    """Answers of something that is not the Hub, or that means harm."""

    def answer(self, part, status=200, body=b"", **headers):
        def fault(handler, where):
            if where != "hub" or part not in handler.path:
                return False
            handler.send(status, body, **headers)
            return True

        self.hub.faults.append(fault)

    def test_login_page(self):
        self.answer("/api/", body=b"<html>please log in</html>")
        self.fail_with("pull", MODEL, words=["not JSON", "login page"])

    def test_other_json(self):
        self.answer("/revision/", body=b"[1, 2]")
        self.fail_with("pull", MODEL, words=["no commit"])

    def test_list_that_is_none(self):
        self.answer("/tree/", body=b'{"files": 3}')
        self.fail_with("pull", MODEL, words=["no list of files"])

    def test_paths_that_lead_out(self):
        entry = b'[{"type": "file", "path": "%s", "size": 1, "oid": "' + b"0" * 40 + b'"}]'
        for path in (b"../../evil.json", b"/etc/evil", b"a/../../../evil", b"", b"a\\\\b"):
            self.hub.faults.clear()
            self.answer("/tree/", body=entry % path)
            self.fail_with("pull", MODEL, "--include", "*", words=["no usable path"])
        self.assertEqual([file for file in self.home.rglob("*") if file.is_file()], [])

    def test_sizes_that_are_none(self):
        entry = '[{"type": "file", "path": "config.json", "size": %s, "oid": "' + "0" * 40 + '"}]'
        for size in ("-1", "1.5", '"9"', "9223372036854775807", "1e300", "null"):
            self.hub.faults.clear()
            self.answer("/tree/", body=(entry % size).encode())
            self.fail_with("pull", MODEL, "--include", "*", words=["no usable path, size and digest"])

    def test_deep_answer(self):
        self.answer("/tree/", body=b"[" * 2_000_000)
        self.fail_with("pull", MODEL, words=["not JSON"])

    def test_headers_that_are_none(self):
        self.answer("/tree/", 503, Retry_After="inf", RateLimit="t=nan;t=")
        self.fail_with("pull", MODEL, words=["503"])
        self.hub.faults.clear()
        self.answer("/tree/", body=b"[]", Link='<; rel="next", >; rel="next"<')
        self.fail_with("pull", MODEL, words=["no files"])

    def test_digests_that_are_none(self):
        self.answer("/tree/", body=b'[{"type": "file", "path": "config.json", "size": 1, "oid": "../x"}]')
        self.fail_with("pull", MODEL, words=["no usable path"])

    def test_redirects(self):
        self.answer("/revision/", 302, Location="file:///etc/passwd")
        self.fail_with("pull", MODEL, words=["file:///etc/passwd"])
        self.hub.faults.clear()
        self.answer("/revision/", 302, Location=f"{self.hub.address}/api/models/{MODEL}/revision/main")
        self.fail_with("pull", MODEL, words=["redirects too often"])

    def test_redirect_takes_no_token_to_a_stranger(self):
        stranger = hub_server.Hub(self.hub.repositories)
        self.addCleanup(stranger.close)

        def lead_away(handler, where):
            if where != "hub" or "/resolve/" not in handler.path:
                return False
            handler.send(302, Location=stranger.address + handler.path)
            return True

        self.hub.faults.append(lead_away)
        self.succeed("pull", MODEL, HF_TOKEN=GOOD_TOKEN)
        self.assertTrue(stranger.log)
        self.assertEqual({entry["authorization"] for entry in stranger.log}, {None})

    def test_next_page_takes_no_token_to_a_stranger(self):
        """`Link` of a list leads to another host, another port of the host, or elsewhere: the list is read, without the token."""
        stranger = hub_server.Hub(self.hub.repositories)
        self.addCleanup(stranger.close)

        def lead_away(handler, where):
            if where != "hub" or "/tree/" not in handler.path:
                return False
            handler.send(200, b"[]", Link=f'<{stranger.address}{handler.path}>; rel="next"')
            return True

        self.hub.faults.append(lead_away)
        self.succeed("pull", MODEL, HF_TOKEN=GOOD_TOKEN)
        self.assertTrue([entry for entry in stranger.log if "/tree/" in entry["path"]])
        self.assertEqual({entry["authorization"] for entry in stranger.log}, {None})
        self.assertIn(f"Bearer {GOOD_TOKEN}", {entry["authorization"] for entry in self.hub.log})

    def test_questions_that_are_redirected_take_no_token_to_a_stranger(self):
        stranger = hub_server.Hub(self.hub.repositories)
        self.addCleanup(stranger.close)

        def lead_away(handler, where):
            if where != "hub":
                return False
            handler.send(302, Location=stranger.address + handler.path)
            return True

        self.hub.faults.append(lead_away)
        self.succeed("pull", MODEL, HF_TOKEN=GOOD_TOKEN)
        self.assertEqual({entry["authorization"] for entry in stranger.log}, {None})

    def test_resumed_download_takes_no_token_to_a_stranger(self):
        broken = []

        def break_off(handler, where):
            if where != "store" or broken:
                return False
            broken.append(handler.path)
            _, body, headers = handler.part(handler.data(self.hub))
            handler.break_off(body, len(body) // 2, **headers)
            return True

        self.hub.faults.append(break_off)
        self.succeed("pull", "google/gemma-big", HF_TOKEN=GOOD_TOKEN)
        self.assertTrue(broken)
        self.assertEqual({entry["authorization"] for entry in self.hub.requests("store")}, {None})

    def test_next_page_that_is_no_page(self):
        self.answer("/tree/", body=b"[]", Link='<file:///etc/passwd>; rel="next"')
        self.fail_with("pull", MODEL, words=["file:///etc/passwd", "not a web address"])

    def test_list_without_end(self):
        def same_page(handler, where):
            if where != "hub" or "/tree/" not in handler.path:
                return False
            handler.send(200, b"[]", Link=f'<{handler.path}>; rel="next"')
            return True

        self.hub.faults.append(same_page)
        self.fail_with("pull", MODEL, words=["does not end"])
        self.assertLess(len(self.hub.log), 10)

    def test_list_that_contradicts_itself(self):
        entry = '{"type": "file", "path": "%s", "size": 2, "oid": "' + "0" * 40 + '"}'
        for paths, words in (("config.json", "config.json"), ["twice"]), (("config.json", "config.json/x"), ["as a folder"]):
            self.hub.faults.clear()
            self.answer("/tree/", body=f"[{','.join(entry % path for path in paths)}]".encode())
            self.fail_with("pull", MODEL, words=["config.json", *words])

    def test_endless_answer(self):
        self.answer("/tree/", body=b"[" + b" " * (65 << 20) + b"]")
        self.fail_with("pull", MODEL, words=["longer than 64 MiB"])

    def test_endless_head(self):
        def endless(handler, where):
            if where != "hub" or "/revision/" not in handler.path:
                return False
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(100_000):
                handler.wfile.write(b"X-%d: %s\r\n" % (number, b"y" * 1000))
            return True

        self.hub.faults.append(endless)
        self.fail_with("pull", MODEL, words=["head", "KiB"])

    def trickle(self, part, begin):
        """A response that goes on for ever, a byte at a time."""
        def fault(handler, where):
            if part not in handler.path:
                return False
            handler.wfile.write(begin)
            while True:
                handler.wfile.write(b"x")
                time.sleep(0.2)

        self.hub.faults.append(fault)

    def test_slow_answers(self):
        body = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"
        for part, begin in (("/revision/", b"HTTP/1.1 200 OK\r\nX-Slow: "), ("/tree/", body), ("/resolve/", body),
                            ("/resolve/", b"HTTP/1.1 200 OK\r\nX-Slow: ")):
            self.hub.faults.clear()
            self.trickle(part, begin)
            start = time.monotonic()
            self.fail_with("pull", MODEL, HF_HUB_DOWNLOAD_TIMEOUT="1", words=[MODEL])
            self.assertLess(time.monotonic() - start, 60)

    def test_relative_redirect(self):
        """Small files are redirected so on the real Hub, with the token."""
        def lead_on(handler, where):
            if where != "hub" or "/resolve/" not in handler.path or "again" in handler.path:
                return False
            handler.send(307, Location=handler.path + "?again=1")
            return True

        self.hub.faults.append(lead_on)
        self.succeed("pull", "google/gemma-gated", HF_TOKEN=GOOD_TOKEN)


if __name__ == "__main__":
    unittest.main()
