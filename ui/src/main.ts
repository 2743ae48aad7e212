import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';

// The name that stands there until the script has come gives way to the page.
const target = document.getElementById('app')!;
target.replaceChildren();
mount(App, { target });
