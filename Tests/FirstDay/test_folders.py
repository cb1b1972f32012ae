"""Checkpoint folders as people have them: what transformers loads loads, with its result; the rest is named."""

from support import FirstDayTestCase


class FolderTests(FirstDayTestCase):
    def test_a_copy_answers_as_the_model(self):
        self.assert_answers_alike(self.copy_of_model())
