# SPDX-License-Identifier: Apache-2.0
"""The pipeline behind HTTP: one process, nets loaded once, lines of all requests read together.

``options`` says what can be chosen, ``models`` holds the nets, ``engine`` reads the pages of all
requests, ``jobs`` is one request's part of that, ``uploads`` and ``answers`` are the way in and
out, ``guard`` decides who may ask, ``app`` puts them together, ``server`` listens.
"""
