//! Folders and names: what is latest, and what a power cut may take back.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand_chacha::ChaCha8Rng;

use super::file::File;
use super::page::Outage;

/// A file that names and handles share.
pub(super) type SharedFile = Arc<Mutex<File>>;

/// A panic of a test leaves these plain values whole.
pub(super) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Folder(usize);

const ROOT: Folder = Folder(0);

/// What a name leads to.
#[derive(Clone, Debug)]
pub(super) enum Node {
    File(SharedFile),
    Folder(Folder),
}

/// Where something stands.
pub(super) type Place = (Folder, String);

/// A change of names that no sync of its folders has made durable. It is kept or lost as a whole: no
/// file system tears a rename.
#[derive(Debug)]
struct Change {
    /// The names that it changed, and what they led to before.
    before: Vec<(Place, Option<Node>)>,
    /// Folders that are to be synced before it is durable.
    waiting: BTreeSet<Folder>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Names {
    folders: Vec<BTreeMap<String, Node>>,
    changes: Vec<Change>,
}

fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Names {
    pub(super) fn new() -> Self {
        Self { folders: vec![BTreeMap::new()], changes: Vec::new() }
    }

    fn node(&self, path: &Path) -> io::Result<Node> {
        let mut node = Node::Folder(ROOT);
        for part in path.components() {
            let Component::Normal(name) = part else { continue };
            let Node::Folder(folder) = node else {
                return Err(io::ErrorKind::NotADirectory.into());
            };
            let name = name.to_str().ok_or_else(missing)?;
            node = self.folders[folder.0].get(name).cloned().ok_or_else(missing)?;
        }
        Ok(node)
    }

    pub(super) fn folder(&self, path: &Path) -> io::Result<Folder> {
        match self.node(path)? {
            Node::Folder(folder) => Ok(folder),
            Node::File(_) => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(super) fn file(&self, path: &Path) -> io::Result<SharedFile> {
        match self.node(path)? {
            Node::File(file) => Ok(file),
            Node::Folder(_) => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    /// The folder that holds the path's last name, and that name.
    pub(super) fn place(&self, path: &Path) -> io::Result<Place> {
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(missing)?;
        let folder = self.folder(path.parent().unwrap_or(Path::new("")))?;
        Ok((folder, name.to_owned()))
    }

    pub(super) fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        Ok(self.folders[self.folder(path)?.0].keys().cloned().collect())
    }

    /// Makes one folder.
    pub(super) fn make_folder(&mut self, place: Place) -> io::Result<()> {
        if self.folders[place.0.0].contains_key(&place.1) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let folder = Folder(self.folders.len());
        self.folders.push(BTreeMap::new());
        self.change(vec![(place, Some(Node::Folder(folder)))]);
        Ok(())
    }

    pub(super) fn link(&mut self, place: Place, file: SharedFile) {
        self.change(vec![(place, Some(Node::File(file)))]);
    }

    /// Takes a name away; the file, unless there was none.
    pub(super) fn unlink(&mut self, place: Place) -> io::Result<Option<SharedFile>> {
        match self.folders[place.0.0].get(&place.1).cloned() {
            None => Ok(None),
            Some(Node::Folder(_)) => Err(io::ErrorKind::IsADirectory.into()),
            Some(Node::File(file)) => {
                self.change(vec![(place, None)]);
                Ok(Some(file))
            }
        }
    }

    /// Moves a name; returns the file that the new one led to.
    pub(super) fn rename(
        &mut self,
        source: Place,
        target: Place,
    ) -> io::Result<Option<SharedFile>> {
        let node = self.folders[source.0.0].get(&source.1).cloned().ok_or_else(missing)?;
        let replaced = match self.folders[target.0.0].get(&target.1) {
            Some(Node::File(file)) => Some(Arc::clone(file)),
            Some(Node::Folder(_)) => return Err(io::ErrorKind::IsADirectory.into()),
            None => None,
        };
        self.change(vec![(source, None), (target, Some(node))]);
        Ok(replaced)
    }

    fn change(&mut self, after: Vec<(Place, Option<Node>)>) {
        let waiting = after.iter().map(|((folder, _), _)| *folder).collect();
        let put = |(place, node): (Place, Option<Node>)| {
            let before = self.put(&place, node);
            (place, before)
        };
        let before = after.into_iter().map(put).collect();
        self.changes.push(Change { before, waiting });
    }

    fn put(&mut self, (folder, name): &Place, node: Option<Node>) -> Option<Node> {
        let names = &mut self.folders[folder.0];
        match node {
            Some(node) => names.insert(name.clone(), node),
            None => names.remove(name),
        }
    }

    /// Makes the names in a folder durable. A move between two folders is durable when both are.
    pub(super) fn sync(&mut self, folder: Folder) {
        for change in &mut self.changes {
            change.waiting.remove(&folder);
        }
        let is_durable: Vec<_> =
            self.changes.iter().map(|change| change.waiting.is_empty()).collect();
        let mut durable = self.with_what_they_rest_on(is_durable).into_iter();
        self.changes.retain(|_| durable.next() == Some(false));
    }

    /// The chosen changes, and all before them that changed one of the same names.
    fn with_what_they_rest_on(&self, mut chosen: Vec<bool>) -> Vec<bool> {
        let mut needed: BTreeSet<&Place> = BTreeSet::new();
        for (change, is_chosen) in self.changes.iter().zip(&mut chosen).rev() {
            let mut places = change.before.iter().map(|(place, _)| place);
            *is_chosen |= places.clone().any(|place| needed.contains(place));
            if *is_chosen {
                needed.extend(&mut places);
            }
        }
        chosen
    }

    /// The power went: returns how many changes are lost.
    pub(super) fn lose_power(&mut self, random: &mut ChaCha8Rng, outage: Outage) -> u64 {
        let kept = self.changes.iter().map(|_| outage.keeps(random)).collect();
        let kept = self.with_what_they_rest_on(kept);
        let mut lost = 0;
        let changes = std::mem::take(&mut self.changes);
        for (change, _) in changes.into_iter().zip(kept).rev().filter(|(_, is_kept)| !is_kept) {
            lost += 1;
            for (place, node) in change.before.into_iter().rev() {
                self.put(&place, node);
            }
        }
        lost
    }

    /// Every file that a name leads to, by folder and name.
    pub(super) fn files(&self) -> Vec<(String, SharedFile)> {
        let mut files = Vec::new();
        let mut folders = vec![(String::new(), ROOT)];
        while let Some((path, folder)) = folders.pop() {
            for (name, node) in &self.folders[folder.0] {
                let path = format!("{path}/{name}");
                match node {
                    Node::File(file) => files.push((path, Arc::clone(file))),
                    Node::Folder(folder) => folders.push((path, *folder)),
                }
            }
        }
        files.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        files
    }
}
